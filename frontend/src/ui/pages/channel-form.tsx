import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { channelBody, channelDraft, KIND_WORDS, KINDS, NEW_CHANNEL, type Channel, type ChannelDraft, type Kind } from "../../data/channels.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing } from "../doing.tsx";

/** Makes a channel, or changes one; what is secret is never shown, and stays where nothing is typed. */
export function ChannelForm({ channel, onKept }: { channel: Channel | null; onKept: () => void }): JSX.Element {
  const { router } = useConsole();
  const doing = useDoing();
  const [draft, setDraft] = useState<ChannelDraft>(channel === null ? NEW_CHANNEL : channelDraft(channel));
  const words = KIND_WORDS[draft.kind];
  const keep = async (): Promise<void> => {
    const body = channelBody(draft, channel === null);
    const kept = await (channel === null ? doing.run("POST", "/api/v1/channels", body) : doing.run("PUT", `/api/v1/channels/${channel.id}`, body));
    if (kept === null) return;
    setDraft(NEW_CHANNEL);
    onKept();
    router.open("/channels");
  };
  const stays = channel === null ? "" : "leave empty to keep it";
  const field = (name: keyof ChannelDraft, title: string, hint: string, more: JSX.IntrinsicElements["input"] = {}): JSX.Element => (
    <label>
      {title}
      <input value={String(draft[name])} placeholder={hint} spellcheck={false} autocomplete="off" {...more} onInput={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })} />
      {doing.faults[name] !== undefined && <span class="fault">{doing.faults[name]}</span>}
    </label>
  );
  return (
    <section aria-labelledby="channel-form">
      <h2 id="channel-form">{channel === null ? "New channel" : `Change ${channel.name}`}</h2>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <fieldset>
          <legend>Kind</legend>
          {KINDS.map((kind: Kind) => (
            <label key={kind} class="choice">
              <input type="radio" name="kind" value={kind} checked={draft.kind === kind} onChange={() => setDraft({ ...draft, kind })} />
              {KIND_WORDS[kind].title}
            </label>
          ))}
        </fieldset>
        {field("name", "Name", "on-call", { required: true, maxLength: 100 })}
        {field("url", words.url, stays === "" ? words.example : stays, { required: channel === null && draft.kind !== "slack" })}
        {words.secret !== null && field("secret", words.secret, channel?.has_secret === true ? stays : "", { type: "password", autocomplete: "new-password" })}
        {draft.kind === "slack" && field("channel", "Channel, with a bot's token", "#alerts")}
        {draft.kind === "email" && field("to", "To", "mira@example.org, tomas@example.org", { required: true })}
        {draft.kind === "email" && field("from", "From", "quadra@example.org")}
        {field("only", "Only alerts with", 'all: severity="critical", team="ml"', { maxLength: 2000 })}
        {Object.entries(doing.faults).map(
          ([name, reason]) =>
            name.startsWith("settings.matchers") && (
              <span key={name} class="fault">
                {reason}
              </span>
            ),
        )}
        <p class="hint">{words.hint} A rule can name its channels; conditions count for those that name none, and for alerts of other programs.</p>
        {doing.faults.settings !== undefined && <span class="fault">{doing.faults.settings}</span>}
        {channel !== null && (
          <label class="choice">
            <input type="checkbox" checked={draft.enabled} onChange={(event) => setDraft({ ...draft, enabled: event.currentTarget.checked })} />
            Switched on
          </label>
        )}
        <div>
          <button type="submit" class="primary" disabled={doing.busy}>
            {channel === null ? "Make channel" : "Save channel"}
          </button>
          {channel !== null && (
            <button type="button" class="control" onClick={() => router.open("/channels")}>
              Leave it
            </button>
          )}
        </div>
        <Refusal doing={doing} />
      </form>
    </section>
  );
}
