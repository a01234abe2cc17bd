import { describe, expect, it } from "vitest";
import { channelBody, channelDraft, conditions, NEW_CHANNEL, routeOf, type Channel } from "../src/data/channels.ts";
import { drillInWords, stepInWords, took, type DrillStep } from "../src/data/drill.ts";

const step = (change: Partial<DrillStep> = {}): DrillStep => ({ step: "paged", ok: true, seconds: 0.09, channel: "on-call", ...change });

describe("the conditions of a channel", () => {
  it("are parted by commas, but not by those inside quotes", () => {
    expect(conditions('team="ml", host=~"a,b" ,')).toEqual(['team="ml"', 'host=~"a,b"']);
    expect(conditions('name="a \\" , b",x="y"')).toEqual(['name="a \\" , b"', 'x="y"']);
    expect(conditions("  ")).toEqual([]);
  });

  it("are kept when the channel is changed, and left out when there are none", () => {
    const channel = { name: "x", kind: "webhook", enabled: true, settings: { matchers: ['team="ml"', 'a="b"'] } } as unknown as Channel;
    expect(routeOf(channel)).toBe('team="ml", a="b"');
    expect(channelBody(channelDraft(channel), false).settings).toEqual({ matchers: ['team="ml"', 'a="b"'] });
    expect(channelBody(NEW_CHANNEL, true).settings).toEqual({});
  });
});

describe("a fire drill", () => {
  it("is told in a sentence", () => {
    const steps = [step(), step({ step: "told_of_the_end" })];
    expect(drillInWords({ passed: true, alert: 1, channels: ["on-call"], seconds: 0.228, steps })).toBe("Passed in 228\u202fms: on-call was paged and told of the end.");
    const failed = [...steps, step({ ok: false, seconds: null }), step({ ok: false })];
    expect(drillInWords({ passed: false, alert: 1, channels: ["on-call"], seconds: 30, steps: failed })).toBe("Failed: page taken by on-call, and 1 more.");
  });

  it("says of each step what it was and when it was done", () => {
    expect(stepInWords(step())).toBe("Page taken by on-call");
    expect(stepInWords({ step: "stored", ok: true, seconds: 0.009 })).toBe("Fault stored");
    expect([took(0.0094), took(12.3), took(null)]).toEqual(["9\u202fms", "12.3\u202fs", "never"]);
  });
});
