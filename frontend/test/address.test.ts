import { describe, expect, it } from "vitest";
import { ownPart, readAddress, writeAddress } from "../src/address.ts";
import { pinnedChart, pinOf } from "../src/charts.ts";
import { serverClock, type Boot } from "../src/boot.ts";

describe("the address", () => {
  it("shows the same again", () => {
    const pins = ['a{b="c&d"}', "host_load"];
    const { view } = readAddress("?range=6h&end=1700000000");
    expect(readAddress(writeAddress(view, pins))).toEqual({ view, pins });
    expect(view).toMatchObject({ end: 1_700_000_000, paused: false });
    expect(view.range.key).toBe("6h");
  });

  it("keeps the moment of a pause: a link shows the same, and still as a pause", () => {
    const { view } = readAddress("?range=5m");
    const paused = { ...view, end: 1_700_000_000.5, paused: true };
    expect(writeAddress(paused, [])).toBe("?range=5m&paused=1700000000.5");
    expect(readAddress(writeAddress(paused, [])).view).toEqual(paused);
  });

  it("bears nonsense", () => {
    expect(readAddress("?range=7y&end=x&paused=-4").view).toMatchObject({ end: null, paused: false });
    expect(readAddress("?end=5&paused=9").view).toMatchObject({ end: 5, paused: false });
  });

  it("tells a page's own part from what all pages share", () => {
    expect(ownPart("?range=5m&paused=5&m=cpu")).toBe("m=cpu");
  });
});

describe("pins", () => {
  it("of a whole metric show what its own chart shows", () => {
    const chart = pinnedChart("host_network_receive_bytes_per_second");
    expect(chart?.title).toBe("Network");
    expect(chart?.metrics).toHaveLength(2);
    expect(chart === null ? "" : pinOf(chart)).toBe("host_network_receive_bytes_per_second");
  });

  it("that cannot be read are left out", () => {
    expect(pinnedChart('{x=~"y"}')).toBeNull();
  });
});

describe("the clock", () => {
  it("follows the server's only where this machine's is wrong", () => {
    const boot = { now: 1000 } as Boot;
    expect(serverClock(boot, () => 1001)()).toBe(1001);
    let local = 400;
    const clock = serverClock(boot, () => local);
    local = 410;
    expect(clock()).toBe(1010);
  });
});
