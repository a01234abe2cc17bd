import { describe, expect, it } from "vitest";
import { auditPath, browserOf, deedInWords, outcomeOf, signedInAs, usersInWords, type User } from "../src/data/people.ts";
import { pagesFor } from "../src/router.ts";

const user = (change: Partial<User> = {}): User => ({ id: 1, name: "mira", role: "viewer", disabled_at: null, signed_in_at: null, created_at: 0, changed_at: 0, has_password: true, openid: false, ...change });

describe("people", () => {
  it("are counted, those who are kept out apart", () => {
    expect(usersInWords([]).text).toBe("Nobody has a name here yet.");
    expect(usersInWords([user(), user({ disabled_at: 1 })])).toEqual({ text: "1 person may sign in.", sub: "1 user is disabled." });
  });

  it("are told who they are here, and what they may", () => {
    expect(signedInAs({ user: "vera", scopes: ["read"] })).toBe("vera, viewer");
    expect(signedInAs({ user: "ada", scopes: ["read", "write"] })).toBe("ada, editor");
    expect(signedInAs({ user: "", scopes: ["admin"] })).toBe("admin, by token");
  });

  it("see the pages that they may open", () => {
    expect(pagesFor(["read"]).map(({ path }) => path)).not.toContain("/audit");
    expect(pagesFor(["admin", "read"]).map(({ path }) => path)).toContain("/audit");
  });

  it("are known by their browser, as far as it says", () => {
    expect(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox on Linux");
    expect(browserOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17 Safari/605")).toBe("Safari on Mac OS");
    expect([browserOf(""), browserOf("curl/8")]).toEqual(["not known", "curl/8"]);
  });
});

describe("the audit log", () => {
  it("says what was done to what, and what was not done", () => {
    expect(deedInWords({ action: "Make a user", detail: { name: "ada", role: "viewer", password: "…" }, status: 201 })).toBe("Make a user: ada, role viewer, password …");
    expect(deedInWords({ action: "Make a channel", detail: {}, status: 403 })).toBe("Make a channel (not allowed)");
  });

  it("is asked with the filters that say something", () => {
    expect(auditPath({ actor: " mira ", action: "" })).toBe("/api/v1/audit?actor=mira");
    expect([201, 403, 422, 429, 503].map(outcomeOf)).toEqual(["done", "not allowed", "refused", "too often", "failed"]);
  });
});
