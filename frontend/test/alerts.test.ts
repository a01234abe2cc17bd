import { describe, expect, it } from "vitest";
import { alertsHeading, causeOf, firing, happened, limitOf, matchersFor, needs, ownerOf, said, sideOf, titleOf, withChange, worstFirst, worstValueOf, type Alert, type Happening } from "../src/data/alerts.ts";
import { AlertFeed } from "../src/data/alert-feed.ts";
import { channelBody, channelDraft, channelsInWords, healthOf, NEW_CHANNEL, type Channel } from "../src/data/channels.ts";
import { beyond, extent, holeOf, pathOf } from "../src/data/plotting.ts";
import { asSent, backtestInWords, bodyOf, breaches, draftOf, historyOf, lackOf, NEW_DRAFT, nameFor, ruleInWords, secondsOf, selectorInWords, suggestedLimit, titleOfDraft, typedNumber, worstOf, type Backtest, type Rule } from "../src/data/rules.ts";
import { sentence } from "../src/data/sentence.ts";
import { itemQuery } from "../src/router.ts";

const plain = (text: string): string => text.replaceAll("\u202f", "_");

const alert = (change: Partial<Alert> = {}): Alert => ({
  id: 1, fingerprint: "f", source: "rule", rule: "Answers are slow", rule_id: 1, state: "firing", recovering: false, flapping: false, severity: "critical",
  metric: "latency_seconds", series: 5, labels: { service: "chat" }, annotations: {}, value: 0.9, peak: null, threshold: 0.5,
  started_at: 1000, fired_at: 1000, resolved_at: null, acknowledged_by: null, acknowledged_at: null, pages: 0,
  paged_at: null, quieted_by: [], ...change,
});

describe("alerts", () => {
  it("come worst first: what nobody has, then the severity, then the oldest", () => {
    const order = worstFirst([
      alert({ id: 1, state: "pending" }), alert({ id: 2, severity: "warning" }), alert({ id: 3, acknowledged_by: "Mira" }),
      alert({ id: 4, started_at: 2000 }), alert({ id: 5 }), alert({ id: 6, severity: "info" }),
    ]);
    expect(order.map(({ id }) => id)).toEqual([5, 4, 2, 6, 3, 1]);
  });

  it("follow events: changed in place, gone when over", () => {
    const open = [alert({ id: 1 }), alert({ id: 2 })];
    expect(withChange(open, alert({ id: 2, acknowledged_by: "Mira" })).map((a) => a.acknowledged_by)).toEqual([null, "Mira"]);
    expect(withChange(open, alert({ id: 3, state: "pending" }))).toHaveLength(3);
    expect(withChange(open, alert({ id: 1, state: "resolved" })).map(({ id }) => id)).toEqual([2]);
    expect(withChange(open, alert({ id: 1, state: "cancelled" })).map(({ id }) => id)).toEqual([2]);
  });

  it("tell one value in their row and beside it: the newest that was heard", () => {
    const feed = new AlertFeed();
    feed.know({ alerts: [], channels: 0 });
    feed.open.value = [alert({ id: 1, value: 0.9 }), alert({ id: 2 })];
    feed.heard(alert({ id: 1, value: 1.4 }));
    expect(feed.open.value.map(({ value }) => value)).toEqual([1.4, 0.9]);
    expect(feed.changes.value).toBe(0);
    const before = feed.open.value;
    feed.heard(alert({ id: 2, state: "resolved", value: 0.1 })); // its end comes as an event
    feed.heard(alert({ id: 3, value: 7 }));
    expect(feed.open.value).toBe(before);
  });

  it("are counted in a sentence that names two at most", () => {
    const b = alert({ id: 2, rule: "Disk full", labels: { host: "node-1" } });
    expect(said(needs([alert()]))).toBe("One thing needs you: Answers are slow (chat).");
    expect(said(needs([alert(), b]))).toBe("Two things need you: Answers are slow (chat), and Disk full (node-1).");
    expect(said(needs([alert(), b, b, b]))).toBe("Four things need you: Answers are slow (chat), Disk full (node-1) and 2 more.");
    expect(needs([])).toEqual([]);
  });

  it("tell who has them, and what keeps them quiet", () => {
    expect(firing([alert(), alert({ acknowledged_by: "Mira" }), alert({ state: "pending" })]).taken).toHaveLength(1);
    expect(ownerOf(alert({ acknowledged_by: "Mira" }))).toBe("Mira has it");
    expect(ownerOf(alert({ quieted_by: ["silence:3"] }))).toBe("Silenced");
    expect(ownerOf(alert({ quieted_by: ["cooldown"] }))).toBe("Held back: cooldown");
    expect(ownerOf(alert())).toBe("Nobody paged yet");
    expect(ownerOf(alert({ paged_at: 1000, pages: 1 }), 2)).toMatch(/^Paged at /);
    expect(ownerOf(alert({ paged_at: 1000, pages: 1 }), 0)).toBe("No channel tells of it");
    expect(ownerOf(alert({ paged_at: 1000, acknowledged_by: "Mira" }), 0)).toBe("Mira has it");
    expect(ownerOf(alert({ quieted_by: ["silence:3"] }), 0)).toBe("Silenced");
  });

  it("head their page by what is open", () => {
    expect(alertsHeading([]).shape).toBe("ok");
    expect(alertsHeading([alert({ state: "pending" })]).sub).toBe("1 is pending: over the limit, but not for long enough.");
    const { shape, pieces, sub } = alertsHeading([alert(), alert({ id: 2, acknowledged_by: "Mira" })]);
    expect([shape, said(pieces), sub]).toEqual(["crit", "One thing needs you: Answers are slow (chat).", "1 more is taken. "]);
    expect(said(alertsHeading([alert({ acknowledged_by: "Mira" })]).pieces)).toBe("Mira has the one open alert.");
  });

  it("say what is wrong, in the rule's words where it has some", () => {
    expect(plain(causeOf(alert()))).toBe("latency_seconds is 900_ms, the limit is 500_ms.");
    expect(causeOf(alert({ annotations: { summary: "chat is slow" } }))).toBe("chat is slow.");
    expect(causeOf(alert({ value: null }))).toBe("latency_seconds sends nothing.");
    expect(plain(causeOf(alert({ state: "resolved", value: 0.4 })))).toBe("latency_seconds was 400_ms at its end, the limit was 500_ms.");
    expect(plain(causeOf(alert({ state: "resolved", value: 0.4, peak: 1.2 })))).toBe("latency_seconds was 1_200_ms at its worst, the limit was 500_ms.");
    expect(plain(causeOf(alert({ peak: 1.2 })))).toBe("latency_seconds is 900_ms, the limit is 500_ms.");
    expect([alert({ peak: 1.2 }), alert(), alert({ value: null })].map((one) => plain(worstValueOf(one)))).toEqual(["1_200_ms", "not kept", "no data"]);
    expect(titleOf(alert({ labels: {} }))).toBe("Answers are slow");
    // Of other programs' alerts no limit is known.
    expect([plain(causeOf(alert({ threshold: null }))), limitOf(alert({ threshold: null })), plain(limitOf(alert()))]).toEqual(["latency_seconds is 900_ms.", "", "limit 500_ms"]);
    expect([sideOf(alert()), sideOf(alert({ value: 0.1 })), sideOf(alert({ value: 0.5 }))]).toEqual([">", "<", "=="]);
  });

  it("have a history in words", () => {
    const event = (change: Partial<Happening>): string =>
      plain(happened({ at: 1, kind: "firing", value: null, by: "", ref: "", detail: "", alert: alert(), ...change }));
    expect(event({ value: 0.9 })).toBe("Fires, at 900_ms");
    expect(event({ kind: "acknowledged", by: "Mira" })).toBe("Acknowledged by Mira");
    expect(event({ kind: "delivery_failed", ref: "ops", detail: "ops: answered 404" })).toBe("Page not delivered through ops: answered 404");
    expect(event({ kind: "delivered", ref: "my hook", detail: "my hook" })).toBe("Page delivered through my hook");
    expect(event({ kind: "something_new" })).toBe("Something new");
  });

  it("are silenced by their labels or by their rule", () => {
    expect(matchersFor(alert({ rule: 'a "b"' }), false)).toEqual(['rule="a \\"b\\""', 'service="chat"']);
    expect(matchersFor(alert(), true)).toEqual(['rule="Answers are slow"']);
  });

  it("come before all else in the overview's sentence, but not before what is not known", () => {
    const facts = { age: 1, lost: null, listed: true, cpu: 99, memory: 40, disk: 60, silent: 0, services: null, sources: ["this host"], alerts: [alert()], anomalies: [], hostBeside: false };
    expect(sentence(facts)).toMatchObject({ shape: "crit", troubles: 1, text: "One thing needs you: Answers are slow (chat)." });
    expect(sentence({ ...facts, lost: 12 }).shape).toBe("unknown");
    const taken = sentence({ ...facts, cpu: 10, alerts: [alert({ acknowledged_by: "Mira" })] });
    expect(taken.sub).toContain("Mira has 1 open alert.");
  });

  it("stand in the address", () => {
    expect([itemQuery("/alerts", "7"), itemQuery("/rules", "new"), itemQuery("/alerts", null), itemQuery("/status", "7")]).toEqual(["alert=7", "rule=new", "", ""]);
  });
});

const RULE: Rule = {
  id: 3, name: "Slow", selector: 'latency_seconds{service="chat"}', aggregate: "p95", window: "5m", op: ">", threshold: 2,
  clear_threshold: 1.5, for: "1m", keep_firing_for: "0s", cooldown: "30m", repeat_interval: "4h", severity: "critical",
  no_data: "ok", labels: { team: "ai" }, annotations: { summary: "slow", runbook: "http://x" }, channels: ["ops"],
  enabled: true, on: "samples", escalate_after: "0s", escalate_to: [], source: "", group_by: ["rule"], group_wait: "0s", group_interval: "0s", created_at: 1, updated_at: 2,
};

describe("rules", () => {
  it("come out of the form as they went in, with what the form does not show", () => {
    const sent = asSent(RULE);
    expect(Object.keys(RULE).filter((name) => !(name in sent))).toEqual(["id", "source", "created_at", "updated_at"]);
    expect(bodyOf(draftOf(RULE), RULE)).toEqual(sent);
    expect(bodyOf({ ...draftOf(RULE), summary: "", clear_threshold: "" }, RULE)).toEqual({ ...sent, annotations: { runbook: "http://x" }, clear_threshold: null });
  });

  it("send what is no number as it was typed, so that the server names the field", () => {
    expect(bodyOf({ ...NEW_DRAFT, threshold: "much" })).toMatchObject({ threshold: "much" });
    expect([typedNumber("1 500"), typedNumber("1,5"), typedNumber("\u22123"), typedNumber(""), typedNumber("x")]).toEqual([1500, 1.5, -3, null, null]);
  });

  it("get a name and are read as a sentence", () => {
    expect(nameFor({ ...NEW_DRAFT, selector: 'up{host="a"}', op: "==", threshold: "0" })).toBe("up == 0 (a)");
    expect(plain(ruleInWords(RULE))).toBe('When p95 over 5m of latency_seconds{service="chat"} is above 2_000_ms for 1m');
    expect(ruleInWords({ ...RULE, aggregate: "absent" })).toBe('When latency_seconds{service="chat"} is absent for 5m');
  });

  it.each([["90s", 90], ["1h30m", 5400], ["500ms", 0.5], ["soon", null], ["", null], ["5", null]])("read %s", (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it("are charted so that no peak hides in a step", () => {
    const path = (change: object): string => historyOf({ ...NEW_DRAFT, selector: "a", ...change }, 0, 86_400).path;
    expect(path({})).toContain("step=144&agg=max");
    expect(path({ op: "<" })).toContain("agg=min");
    expect(path({ aggregate: "p95", window: "10m" })).toContain("step=600&agg=p95");
  });

  it("begin with a limit that nothing reaches", () => {
    const series = [{ id: 1, name: "a", labels: {}, timestamps: [1, 2, 3], values: [10, null, 20] }];
    expect([suggestedLimit(series, ">"), suggestedLimit(series, "<"), suggestedLimit([], ">")]).toEqual([23, 7.5, null]);
  });

  it("compare as the judge does", () => {
    expect([">", ">=", "<", "<=", "==", "!="].map((op) => breaches(op, 2, 2))).toEqual([false, true, false, true, true, false]);
  });

  it("name what they watch as people would, and say what they lack", () => {
    expect(selectorInWords('{__name__=~"up|server_status"}')).toBe("up or server_status");
    for (const as of ['up{job="a|b"}', '{__name__=~"up.*"}', '{__name__=~"up|"}', '{__name__=~"up",job="a"}']) expect(selectorInWords(as)).toBe(as);
    const title = (selector: string): string => titleOfDraft({ selector });
    expect([title(" "), title('up{job="a"}'), title('{__name__=~"a|b"}')]).toEqual(["No series yet", "up", "a or b"]);
    const lack = (change: Partial<typeof NEW_DRAFT>): string => lackOf({ ...NEW_DRAFT, ...change });
    expect(lack({ threshold: "5" })).toBe("Choose a series");
    expect([lack({ selector: "up" }), lack({ selector: "up", threshold: "abc" })]).toEqual(["Set a limit", "Use a number as the limit"]);
    expect([lack({ selector: "up", threshold: "0,5" }), lack({ selector: "up", aggregate: "absent" })]).toEqual(["", ""]);
  });

  it("have a past in words", () => {
    const found = (fires: number, pages: number): Backtest => ({
      start: 0, end: 100, series: 1, samples: 9, judged_every: 1, counts: { fires, pages, clears: 0, pending: 0 },
      pages_per_week: pages, fires: [], pages: [], events: [], seconds: 0.1,
    });
    expect(backtestInWords(found(5, 5), found(15, 15), "7 days")).toBe("In the last 7 days this would have paged 5 times, not 15 times.");
    expect(backtestInWords(found(3, 1), null, "hour")).toBe("In the last hour this would have paged once, and fired 3 times.");
    expect(backtestInWords(found(0, 0), null, "hour")).toBe("In the last hour this would never have paged anybody.");
    expect(plain(backtestInWords(found(0, 0), null, "24 hours", "", 150))).toBe("In the 2_min 30_s of data so far, this would never have paged anybody.");
    expect(backtestInWords({ ...found(0, 0), series: 0 }, null, "hour")).toMatch(/^No series matches/);
  });

  it("know how far a fire went", () => {
    const series = [{ id: 1, name: "a", labels: {}, timestamps: [1, 2, 3, 4], values: [5, 90, 70, 99] }];
    const fire = { series: 1, metric: "a", labels: {}, started_at: 2, fired_at: 2, resolved_at: 4, value: 1, pages: 1 };
    expect([worstOf(fire, 9, series, ">"), worstOf(fire, 9, series, "<"), worstOf(fire, 9, [], ">")]).toEqual([90, 70, 1]);
  });
});

describe("channels", () => {
  const channel = (state: Partial<Channel["state"]> = {}, more: Partial<Channel> = {}): Channel => ({
    id: 1, name: "ops", kind: "webhook", settings: {}, enabled: true, host: "h", has_secret: false, origin: "api",
    state: { sent_at: null, failed_at: null, error: null, sent: 0, failed: 0, ...state }, ...more,
  });

  it("keep address and secret where nothing was typed", () => {
    const mail = channelDraft(channel({}, { kind: "email", settings: { to: ["a@x", "b@x"] } }));
    expect(channelBody(mail, false)).toEqual({ name: "ops", kind: "email", enabled: true, settings: { to: ["a@x", "b@x"] } });
    expect(channelBody({ ...NEW_CHANNEL, name: " n ", secret: "s" }, true)).toEqual({ name: "n", kind: "webhook", enabled: true, settings: {}, url: "", secret: "s" });
    expect(channelBody({ ...NEW_CHANNEL, kind: "slack", channel: "#a" }, true).settings).toEqual({ channel: "#a" });
  });

  it("do as their last page did", () => {
    expect(healthOf(channel({ failed_at: 2, sent_at: 1, error: "no" })).shape).toBe("warn");
    expect(healthOf(channel({ failed_at: 1, sent_at: 2, error: "no" })).shape).toBe("ok");
    expect(healthOf(channel()).text).toBe("Nothing sent yet");
    expect(channelsInWords([channel({}, { enabled: false })]).text).toBe("Nobody is told when something fires.");
    expect(channelsInWords([channel({ failed_at: 1 })]).text).toBe("ops does not take its pages.");
  });
});

describe("lines", () => {
  const trace = { timestamps: [0, 10, 20, 100, 110], values: [1, 5, null, 6, 2] };

  it("are never joined over a hole", () => {
    const path = pathOf(trace, (t) => t, (v) => v, 30);
    expect(path).toBe("M0.0 1.0L10.0 5.0M100.0 6.0L110.0 2.0");
  });

  it("are cut where they pass a limit", () => {
    expect(beyond(trace, (v) => v > 4)).toEqual([{ timestamps: [10], values: [5] }, { timestamps: [100], values: [6] }]);
    expect(holeOf(trace, 1)).toBe(40);
    expect(extent([trace], [9])).toEqual([1, 9]);
  });
});
