import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AnomalyFeed } from "../src/data/anomaly-feed.ts";
import type { Anomaly } from "../src/data/anomalies.ts";

const anomaly = (id: number, ended: number | null = null): Anomaly => ({ id, ended_at: ended }) as unknown as Anomaly;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what begins and what ends is news, many at once are one", () => {
  const feed = new AnomalyFeed();
  for (let id = 1; id <= 20; id++) feed.take(anomaly(id));
  expect(feed.open.value.length).toBe(20);
  expect(feed.news.value).toBe(0);
  vi.advanceTimersByTime(250);
  expect(feed.news.value).toBe(1);
  feed.take(anomaly(3, 1_700_000_000));
  vi.advanceTimersByTime(250);
  expect(feed.news.value).toBe(2);
  expect(feed.open.value.length).toBe(19);
});

test("one that only grows is no news, nor the end of one that was not known", () => {
  const feed = new AnomalyFeed();
  feed.take(anomaly(1));
  vi.advanceTimersByTime(250);
  feed.take(anomaly(1));
  feed.take(anomaly(2, 1_700_000_000));
  vi.advanceTimersByTime(250);
  expect(feed.news.value).toBe(1);
});
