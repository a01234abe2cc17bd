import { describe, expect, it } from "vitest";
import { alertsHeading, said, worstFirst, type Alert } from "../src/data/alerts.ts";
import { anomaliesInWords, type Anomalies, type Anomaly } from "../src/data/anomalies.ts";
import { needsOf } from "../src/data/attention.ts";
import { quietWord, withSilences, type Silence } from "../src/data/quiet.ts";
import { sentence, type Facts } from "../src/data/sentence.ts";

const alert = (id: number, more: Partial<Alert> = {}): Alert =>
  ({ id, rule: "Too hot", severity: "warning", state: "firing", metric: "temp", series: id, labels: { host: "a" }, annotations: {}, value: 75, threshold: 60, started_at: id, acknowledged_by: null, paged_at: null, quieted_by: [], ...more }) as Alert;
const odd = (id: number, more: Partial<Anomaly> = {}): Anomaly =>
  ({ id, severity: "critical", metric: "load", series: 100 + id, group: "", labels: { host: "b" }, started_at: id, ended_at: null, ...more }) as Anomaly;
const silence = (more: Partial<Silence> = {}): Silence => ({ id: 3, state: "active", alerts: [1], ...more }) as Silence;
const FACTS: Facts = { age: 1, lost: null, listed: true, cpu: 89, memory: 40, disk: 60, silent: 0, services: null, sources: ["this host"], alerts: [], anomalies: [], hostBeside: false };

describe("what needs somebody", () => {
  it("has one source: the sentence counts what the list shows, in its order", () => {
    const [alerts, anomalies] = [[alert(1)], [odd(1), odd(2, { severity: "medium" }), odd(3, { metric: "quadra_lag" })]];
    const { things } = needsOf(alerts, anomalies, ["embed"]);
    expect(things.map(({ shape }) => shape)).toEqual(["crit", "warn", "unknown"]);
    const { shape, text, troubles } = sentence({ ...FACTS, alerts, anomalies, services: { standing: { critical: 0, warning: 1, unknown: 1, ok: 2 }, silent: ["embed"] } });
    expect([shape, text, troubles]).toEqual(["crit", "Three things need you: load is unusual (b), Too hot (a) and 1 more.", 3]);
  });

  it("says nothing is open only where nothing is", () => {
    expect(sentence({ ...FACTS, anomalies: [odd(1)] }).text).toBe("One thing needs a look: load is unusual (b).");
    // What a firing alert tells of already is not told twice.
    expect(needsOf([alert(1, { series: 101 })], [odd(1)], []).things).toHaveLength(1);
  });

  it("tells of the unusual how many are counted, where they are not all", () => {
    const found = { anomalies: [odd(1), odd(2, { severity: "medium" })], feedback: { right: 0, wrong: 0 } } as unknown as Anomalies;
    const sub = (counted: number): string => anomaliesInWords(found, 10, counted).sub;
    expect([sub(1), sub(0), sub(2)].map((text) => text.split("look.")[0])).toEqual(["1 of them needs a ", "None of them need a ", sub(2)]);
  });

  it("leaves out what somebody has, and what is quiet on purpose", () => {
    const { things, aside } = needsOf([alert(1, { acknowledged_by: "Mira" }), alert(2, { quieted_by: ["silence:3"] }), alert(4)], [], []);
    expect([things.length, aside.map(({ id }) => id)]).toEqual([1, [1, 2]]);
    const quiet = sentence({ ...FACTS, alerts: [alert(2, { quieted_by: ["silence:3"] })] });
    expect([quiet.shape, quiet.troubles, quiet.sub]).toEqual(["ok", 0, expect.stringContaining("1 alert fires, silenced.")]);
    const taken = sentence({ ...FACTS, alerts: [alert(1, { acknowledged_by: "Mira" })] });
    expect([taken.troubles, taken.sub]).toEqual([0, expect.stringContaining("Mira has 1 open alert.")]);
  });

  it("tells values of the host once", () => {
    expect(sentence(FACTS).sub).toContain("CPU 89");
    expect(sentence({ ...FACTS, hostBeside: true }).sub).not.toContain("CPU");
  });
});

describe("quiet on purpose", () => {
  it("stands last, and heads no page", () => {
    const open = [alert(1, { quieted_by: ["silence:3"], severity: "critical" }), alert(2, { state: "pending" }), alert(3)];
    expect(worstFirst(open).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(said(alertsHeading(open.slice(0, 1)).pieces)).toBe("Nothing needs you: 1 alert fires, silenced.");
    expect(said(alertsHeading(open).pieces)).toBe("One thing needs you: Too hot (a).");
  });

  it("is a silence, a maintenance window or a worse alert, until it was paged all the same", () => {
    const word = (...quieted_by: string[]): string => quietWord({ quieted_by, paged_at: null });
    expect([word("silence:3"), word("maintenance:1"), word("inhibited"), word("cooldown"), word()]).toEqual(["silenced", "in maintenance", "told of by a worse one", "", ""]);
    expect([quietWord({ quieted_by: ["inhibited"], paged_at: 5 }), quietWord({ quieted_by: ["silence:3"], paged_at: 5 })]).toEqual(["", "silenced"]);
  });

  it("is what the server says that a silence holds, whatever its pattern", () => {
    expect(withSilences(alert(1), [silence()]).quieted_by).toEqual(["silence:3"]);
    expect(withSilences(alert(2), [silence()]).quieted_by).toEqual([]);
  });

  it("is an alert that is younger than the list, while what it names holds", () => {
    const young = alert(2, { quieted_by: ["silence:3"] });
    expect(withSilences(young, [silence()])).toEqual(young);
    expect(withSilences(young, [])).toEqual(young);
  });

  it("ends with its silence, whatever kept a page back before", () => {
    const before = alert(1, { quieted_by: ["silence:3", "cooldown"] });
    expect(withSilences(before, [silence({ state: "ended", alerts: [] })]).quieted_by).toEqual(["cooldown"]);
    expect(withSilences(before, null)).toBe(before);
  });
});
