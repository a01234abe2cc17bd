import type { Schemas } from "../answers.ts";
import { plural } from "./format.ts";

export const ROLES = ["viewer", "editor", "admin"] as const satisfies readonly Role[];
export type Role = User["role"];

export const ROLE_WORDS: Record<Role, string> = {
  viewer: "sees everything",
  editor: "also changes rules, channels, targets, training; acknowledges",
  admin: "all of it, and users and tokens",
};

/** "vera, viewer"; whoever came with a token has no name. */
export function signedInAs({ user, scopes }: { readonly user: string; readonly scopes: readonly string[] }): string {
  const role = roleOf(scopes);
  return user === "" ? `${role}, by token` : `${user}, ${role}`;
}

function roleOf(scopes: readonly string[]): Role {
  if (scopes.includes("admin")) return "admin";
  return scopes.includes("write") ? "editor" : "viewer";
}

export type User = Schemas["User"];

export type Session = Schemas["Session"];

export type Deed = Schemas["Deed"];

export function usersInWords(users: readonly User[]): { text: string; sub: string } {
  const off = users.filter(({ disabled_at }) => disabled_at !== null).length;
  if (users.length === 0) return { text: "Nobody has a name here yet.", sub: "Until then people sign in with a token. Make users below, so that it is known who did what." };
  const text = `${plural(users.length - off, "person may", "people may")} sign in.`;
  return { text, sub: off === 0 ? "" : `${plural(off, "user is", "users are")} disabled.` };
}

const BROWSERS = [
  ["Firefox/", "Firefox"],
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"] as const;

/** "Firefox on Linux", as far as the browser says so. */
export function browserOf(agent: string): string {
  const browser = BROWSERS.find(([mark]) => agent.includes(mark))?.[1];
  const system = SYSTEMS.find((name) => agent.includes(name));
  if (browser === undefined) return agent === "" ? "not known" : agent.slice(0, 40);
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** What was answered, in a word. */
export function outcomeOf(status: number): string {
  if (status < 400) return "done";
  if (status === 401 || status === 403) return "not allowed";
  if (status === 429) return "too often";
  return status < 500 ? "refused" : "failed";
}

const MOST_SAID = 3;

/** "Make a user: ada, role viewer", and how it ended when it was not done. */
export function deedInWords({ action, detail, status }: Pick<Deed, "action" | "detail" | "status">): string {
  const { name, ...rest } = detail;
  const said = Object.entries(rest).filter(([, value]) => (typeof value === "string" && value.length < 40) || typeof value === "boolean" || typeof value === "number");
  const parts = [...(typeof name === "string" ? [name] : []), ...said.slice(0, MOST_SAID).map(([key, value]) => `${key} ${String(value)}`)];
  const what = parts.length === 0 ? action : `${action}: ${parts.join(", ")}`;
  return status < 400 ? what : `${what} (${outcomeOf(status)})`;
}

/** The address of the audit log with these filters, empty ones left out. */
export function auditPath(filters: Readonly<Record<string, string>>): `/api/v1/audit?${string}` {
  const kept = Object.entries(filters).filter(([, value]) => value.trim() !== "");
  return `/api/v1/audit?${new URLSearchParams(Object.fromEntries(kept.map(([name, value]) => [name, value.trim()]))).toString()}`;
}
