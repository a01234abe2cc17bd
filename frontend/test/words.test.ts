import { describe, expect, it } from "vitest";
import { age, clock, duration, fixed, list, number, plural, tied } from "../src/data/format.ts";
import { asHeard, sentence, type Facts } from "../src/data/sentence.ts";
import { matches, parseSelector, selectorOf, anyOfNames } from "../src/data/selector.ts";
import { BYTES, BYTE_RATE, PERCENT, scaleForAll, SECONDS, unitOf, withUnit } from "../src/data/units.ts";
import { partsOf } from "../src/data/unbroken.ts";

/** Narrow spaces are hard to read in a test: written as "_". */
const plain = (text: string): string => text.replaceAll("\u202f", "_");

describe("numbers", () => {
  it.each([
    [0, "0"], [42, "42"], [3.14159, "3.14"], [93.44, "93.4"], [99.96, "100"], [184.3, "184"], [9140, "9_140"],
    [1_234_567, "1_234_567"], [12_345_678, "12.3_M"], [-5.5, "−5.50"], [0.01234, "0.0123"], [0.9999, "1.00"],
    [1e-7, "1e−7"], [Number.NaN, "–"], [9.999, "10.0"],
  ])("writes %d as %s", (value, text) => {
    expect(plain(number(value))).toBe(text);
  });

  it("keeps the decimals of an axis", () => {
    expect([fixed(0, 1), fixed(1.5, 1), plain(fixed(12_000, 0)), fixed(-0.5, 1), fixed(-0.001, 1)]).toEqual([
      "0.0", "1.5", "12_000", "−0.5", "0.0",
    ]);
  });

  it("never rounds what is there to 0", () => {
    expect(plain(withUnit(0.04, PERCENT))).toBe("<0.1_%");
    expect(plain(withUnit(0, PERCENT))).toBe("0_%");
  });

  it("chooses the size of the unit", () => {
    expect(plain(withUnit(74_100_000_000, BYTES))).toBe("74.1_GB");
    expect(plain(withUnit(0.842, SECONDS))).toBe("842_ms");
    expect(plain(withUnit(9.5, SECONDS))).toBe("9_500_ms");
    expect(plain(withUnit(12, SECONDS))).toBe("12_s");
  });

  it("has one size for a chart, in which most of its values can be read", () => {
    const unit = (...values: number[]): string => scaleForAll(BYTE_RATE, Math.max(...values), [values]).unit;
    expect(unit(3e6, 4.1e4, 3.9e4, 4.4e4)).toBe("kB/s"); // "41 kB/s", not "0.041 MB/s"
    expect(unit(3e6, 2e6, 0, 0, 0)).toBe("MB/s"); // nothing is nothing in any size
    expect(unit(3e7, 4.1e4, 3.9e4, 4.4e4)).toBe("MB/s"); // an axis up to 30 000 kB/s reads no better
    expect(unit(3e6, ...new Array<number>(20).fill(2e6), 4e4)).toBe("MB/s"); // a short dip changes no unit
    expect(unit(40, 20)).toBe("B/s");
  });

  it("knows units by name", () => {
    const shown = (name: string): string => plain(withUnit(5, unitOf(name)));
    expect(shown("host_cpu_busy_percent")).toBe("5_%");
    expect(shown("quadra_http_requests_per_second")).toBe("5_req/s");
    expect(shown("quadra_samples_per_second")).toBe("5_samples/s");
    expect(shown("host_disk_read_bytes_per_second")).toBe("5_B/s");
    expect(shown("things_per_second")).toBe("5_/s");
    expect(shown("cpu_celsius")).toBe("5_°C");
    expect(shown("queue_length")).toBe("5");
  });
});

describe("texts from elsewhere", () => {
  it.each([
    ["At 3.1 %, usual 2 % to 2.5 %.", "At 3.1_%, usual 2_% to 2.5_%."],
    ["no whole answer within 10 s", "no whole answer within 10_s"],
    ["12 ms, 512 MiB, 4 kB/s, 21 °C, 3 req/s, 5 min", "12_ms, 512_MiB, 4_kB/s, 21_°C, 3_req/s, 5_min"],
    ["never in 6 days, 1 hour", "never in 6\u00a0days, 1\u00a0hour"],
    ["2 services, 3 hosts, 4 minimal, top 5 share", "2 services, 3 hosts, 4 minimal, top 5 share"],
  ])("never end a line within %s", (text, told) => {
    expect(plain(tied(text))).toBe(told);
    expect(partsOf(text).map((part) => plain(part.text)).join("")).toBe(told);
  });
});

describe("time", () => {
  it("says durations and ages", () => {
    expect([1, 130, 120, 3900, 200_000].map((s) => plain(duration(s)))).toEqual([
      "1_s", "2_min 10_s", "2_min", "1_h 5_min", "2\u00a0days",
    ]);
    expect(plain(age(1.9, 100))).toBe("1_s old");
    expect(age(172_800, 1_700_000_000)).toMatch(/^since 2023-11-1\d$/);
    expect(clock(0, true)).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it("counts and lists", () => {
    expect(plural(1, "point")).toBe("1 point");
    expect(plural(2, "point")).toBe("2 points");
    expect(list(["a", "b", "c"])).toBe("a, b and c");
  });
});

describe("selectors", () => {
  it("read what they write", () => {
    const labels = { path: 'a "b", {c}\\d', x: "line\nbreak" };
    for (const name of ["up", "http.server.duration"]) {
      const wanted = parseSelector(selectorOf(name, labels));
      expect(wanted).toEqual({ name, labels });
      expect(wanted !== null && matches(wanted, { name, labels: { ...labels, more: "1" } })).toBe(true);
      expect(wanted !== null && matches(wanted, { name, labels: {} })).toBe(false);
    }
    expect(parseSelector("a{b=~\"c\"}")).toBeNull();
    expect(parseSelector("{}")).toBeNull();
  });

  it("match any of some names and nothing else", () => {
    expect(anyOfNames(["up", "http.time"])).toEqual(['{__name__=~"up|http\\\\.time"}']);
  });
});

describe("the sentence", () => {
  const facts: Facts = { age: 1, lost: null, listed: true, cpu: 12, memory: 40, disk: 60, silent: 0, services: null, sources: ["this host"], alerts: [], anomalies: [], hostBeside: false };
  const says = (change: Partial<Facts>): string => plain(sentence({ ...facts, ...change }).text);

  it("says only what is known", () => {
    expect(says({})).toBe("Data is arriving from this host.");
    expect(says({ sources: ["a", "b", "c"] })).toBe("Data is arriving from a, b and c.");
    expect(says({ sources: ["a", "b", "c", "d", "e", "f"] })).toBe("Data is arriving from a, b, c and 3 others.");
    expect(says({ silent: 1 })).toBe("One of your metrics is silent.");
    expect(says({ cpu: 93 })).toBe("This host is busy: CPU 93_%.");
    expect(says({ cpu: null, memory: null, disk: null })).toBe("Data is arriving from this host.");
    expect(says({ age: Number.POSITIVE_INFINITY, listed: false })).toBe("Waiting for the first data.");
  });

  it("claims nothing without fresh data, also on a busy host", () => {
    expect(says({ age: 12, cpu: 99 })).toBe("Not known: no data for 12_s.");
    expect(says({ lost: 12, age: 12 })).toBe("Not known: no data for 12_s.");
  });
});

describe("a page's first words", () => {
  it("claim that nothing is wrong only while the server is heard of", () => {
    const calm = { shape: "ok", text: "Nothing is unusual.", sub: "" };
    const wrong = { shape: "crit", text: "3 series are unusual now.", sub: "" };
    expect(asHeard(calm, null)).toBe(calm);
    expect(asHeard(wrong, 12)).toBe(wrong);
    const lost = asHeard(calm, 12);
    expect([lost.shape, plain(lost.text), lost.sub]).toEqual(["unknown", "Not known: no data for 12_s.", "What you see below is from before."]);
  });
});

describe("names in sentences", () => {
  it("are kept whole, and the text stays as it is", () => {
    const text = "Two things need you: Slow (chat-api), and node-3.eu runs out; a - b, well-known.";
    expect(partsOf(text).filter(({ whole }) => whole).map((part) => part.text)).toEqual(["chat-api", "node-3.eu", "well-known."]);
    expect(partsOf(text).map((part) => part.text).join("")).toBe(text);
  });

  it("are broken where no phone's line would hold them", () => {
    expect(partsOf(`${"very-".repeat(9)}long`).some(({ whole }) => whole)).toBe(false);
    expect(partsOf("")).toEqual([]);
  });
});
