import type { Done, Got, Schemas } from "./answers.ts";
import { THIN, tied } from "./data/format.ts";

/** A refusal in the server's own words (application/problem+json). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** What is wrong with which field of the request. */
  readonly faults: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, faults: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.faults = faults;
  }
}

export function toLogin(): void {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}

export interface ApiOptions {
  readonly signal?: AbortSignal;
  /** Seconds until the request is given up. */
  readonly patience?: number;
}

/** GET of a JSON document. Without a session the browser goes to the sign-in page. */
export async function getJson<P extends string>(path: P, { signal, patience = 10 }: ApiOptions = {}): Promise<Got<P>> {
  const timeout = AbortSignal.timeout(patience * 1000);
  let response: Response;
  try {
    response = await fetch(path, {
      headers: { Accept: "application/json" },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const reason = timeout.aborted ? `no answer in ${patience}${THIN}s` : "no connection";
    throw new ApiError(0, "unreachable", reason);
  }
  if (response.status === 401) toLogin();
  if (!response.ok) throw await problem(response);
  return (await response.json()) as Got<P>;
}

export async function post(path: string, csrf: string): Promise<Response> {
  return fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrf } });
}

/** Changes something; gives the answer's document, undefined where there is none. */
export async function send<M extends string, P extends string>(method: M, path: P, csrf: string, body?: unknown): Promise<Done<M, P>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", "X-CSRF-Token": csrf, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000), // a test of a channel may take 15 s
    });
  } catch {
    throw new ApiError(0, "unreachable", "No connection: nothing was changed, or it is not known.");
  }
  if (response.status === 401) toLogin();
  if (!response.ok) throw await problem(response);
  return (response.status === 204 ? undefined : await response.json()) as Done<M, P>;
}

async function problem(response: Response): Promise<ApiError> {
  let body: Partial<Schemas["Problem"]> = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // not JSON: a proxy's page, say; the status must do
  }
  const text = body.detail ?? body.title ?? `the server answered ${response.status}`;
  const faults = Object.fromEntries((body.errors ?? []).map(({ field, reason }) => [field, tied(reason)]));
  return new ApiError(response.status, body.code ?? "unknown", tied(text), faults);
}
