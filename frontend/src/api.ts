/** A refusal in the server's own words (application/problem+json). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
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
export async function getJson<T>(path: string, { signal, patience = 10 }: ApiOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(patience * 1000);
  let response: Response;
  try {
    response = await fetch(path, {
      headers: { Accept: "application/json" },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const reason = timeout.aborted ? `no answer in ${patience} s` : "no connection";
    throw new ApiError(0, "unreachable", reason);
  }
  if (response.status === 401) toLogin();
  if (!response.ok) throw await problem(response);
  return (await response.json()) as T;
}

export async function post(path: string, csrf: string): Promise<Response> {
  return fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrf } });
}

async function problem(response: Response): Promise<ApiError> {
  let body: { title?: string; detail?: string; code?: string } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // not JSON: a proxy's page, say; the status must do
  }
  const text = body.detail ?? body.title ?? `the server answered ${response.status}`;
  return new ApiError(response.status, body.code ?? "unknown", text);
}
