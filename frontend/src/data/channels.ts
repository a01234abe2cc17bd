import type { Schemas } from "../answers.ts";
import { moment } from "./alerts.ts";

export const KINDS = ["webhook", "slack", "email", "apprise"] as const satisfies readonly Kind[];
export type Kind = Channel["kind"];

/** Without address and secret. */
export type Channel = Schemas["Channel"];

/** A channel while it is being written. */
export interface ChannelDraft {
  readonly name: string;
  readonly kind: Kind;
  readonly url: string;
  readonly secret: string;
  readonly channel: string;
  readonly to: string;
  readonly from: string;
  /** Conditions on an alert, by comma. */
  readonly only: string;
  readonly enabled: boolean;
}

export const NEW_CHANNEL: ChannelDraft = { name: "", kind: "webhook", url: "", secret: "", channel: "", to: "", from: "", only: "", enabled: true };

export interface KindWords {
  readonly title: string;
  readonly url: string;
  readonly example: string;
  readonly secret: string | null;
  readonly hint: string;
}

export const KIND_WORDS: Record<Kind, KindWords> = {
  webhook: {
    title: "Webhook",
    url: "Address",
    example: "https://hooks.example.org/quadra",
    secret: "Secret that signs each page",
    hint: "Each page is a JSON document, sent with POST and signed when there is a secret.",
  },
  slack: {
    title: "Slack",
    url: "Incoming webhook's address",
    example: "https://hooks.slack.com/services/…",
    secret: "Or a bot's token",
    hint: "An incoming webhook's address is enough. With a bot's token, leave the address empty and name the channel.",
  },
  email: {
    title: "Email",
    url: "Mail server",
    example: "smtp+starttls://user@mail.example.org",
    secret: "Password",
    hint: "smtp://, smtp+starttls:// or smtps://, with user@ where the server asks for one.",
  },
  apprise: {
    title: "Apprise",
    url: "Apprise address",
    example: "ntfy://ntfy.sh/my-topic",
    secret: null,
    hint: "Any service that Apprise reaches over HTTP: ntfy, Telegram, Teams, Discord and many more.",
  },
};

export function channelDraft(channel: Channel): ChannelDraft {
  const text = (value: unknown): string => (typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : "");
  const { settings } = channel;
  return {
    ...NEW_CHANNEL,
    name: channel.name,
    kind: channel.kind,
    enabled: channel.enabled,
    channel: text(settings.channel),
    to: text(settings.to),
    from: text(settings.from),
    only: routeOf(channel),
  };
}

/** Which alerts a channel takes of rules that name none; nothing for all. */
export function routeOf({ settings }: Pick<Channel, "settings">): string {
  const { matchers } = settings;
  return Array.isArray(matchers) ? matchers.join(", ") : "";
}

/** What is sent. Address and secret are left out where nothing was typed: they stay. */
export function channelBody(draft: ChannelDraft, isNew: boolean): Record<string, unknown> {
  const { name, kind, enabled } = draft;
  const url = draft.url.trim();
  return {
    name: name.trim(),
    kind,
    enabled,
    settings: settingsOf(draft),
    ...(isNew || url !== "" ? { url } : {}),
    ...(draft.secret !== "" ? { secret: draft.secret } : {}),
  };
}

function settingsOf({ kind, channel, to, from, only }: ChannelDraft): Record<string, unknown> {
  const matchers = conditions(only);
  const all = matchers.length === 0 ? {} : { matchers };
  if (kind === "slack") return channel.trim() === "" ? all : { channel: channel.trim(), ...all };
  if (kind !== "email") return all;
  const people = to.split(/[,;\s]+/).filter((one) => one !== "");
  return { to: people, ...(from.trim() === "" ? {} : { from: from.trim() }), ...all };
}

/** Conditions apart: a comma inside quotes parts nothing. */
export function conditions(text: string): string[] {
  const found = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
  return found.map((one) => one.trim()).filter((one) => one !== "");
}

export type Health = "ok" | "warn" | "unknown";

/** How a channel does: what went wrong last counts until something arrived after it. */
export function healthOf({ enabled, state }: Channel): { shape: Health; text: string } {
  if (!enabled) return { shape: "unknown", text: "Switched off" };
  if (state.failed_at !== null && state.failed_at >= (state.sent_at ?? 0)) {
    return { shape: "warn", text: `Failed at ${moment(state.failed_at)}` };
  }
  if (state.error !== null && state.sent_at === null) return { shape: "warn", text: "Not delivered yet" };
  if (state.sent_at === null) return { shape: "unknown", text: "Nothing sent yet" };
  return { shape: "ok", text: `Last sent at ${moment(state.sent_at)}` };
}

export function channelsInWords(channels: readonly Channel[], may = true): { shape: Health; text: string; sub: string } {
  const on = channels.filter(({ enabled }) => enabled);
  const failing = on.filter((channel) => healthOf(channel).shape === "warn");
  if (on.length === 0) {
    return { shape: "unknown", text: "Nobody is told when something fires.", sub: may ? "Make a channel below and send a test through it." : "No channel is set up." };
  }
  if (failing.length > 0) {
    const text = failing.length === 1 ? `${failing[0]?.name ?? ""} does not take its pages.` : `${failing.length} of ${on.length} channels do not take their pages.`;
    return { shape: "warn", text, sub: "What could not be delivered is tried again, and stands in the alert's history." };
  }
  const text = on.length === 1 ? `${on[0]?.name ?? ""} is told when something fires.` : `${on.length} channels are told when something fires.`;
  return { shape: "ok", text, sub: "A rule that names no channel tells every one that is switched on." };
}
