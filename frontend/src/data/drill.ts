import type { Schemas } from "../answers.ts";
import { number } from "./format.ts";

export type DrillStep = Schemas["DrillStep"];

export type Drilled = Schemas["Drilled"];

const STEPS: Record<string, string> = {
  stored: "Fault stored",
  judged: "Rule fired",
  paged: "Page taken",
  acknowledged: "Acknowledged",
  resolved: "Fault over",
  told_of_the_end: "End told",
  interrupted: "Interrupted",
  cleaned: "Cleaned up",
};

export function stepInWords({ step, channel }: DrillStep): string {
  const what = STEPS[step] ?? step.replaceAll("_", " ");
  return channel === undefined ? what : `${what} by ${channel}`;
}

/** Milliseconds below ten seconds, as everywhere. */
export function took(seconds: number | null): string {
  if (seconds === null) return "never";
  return seconds < 10 ? `${number(Math.round(seconds * 1000))}\u202fms` : `${number(seconds)}\u202fs`;
}

/** "Passed in 228 ms: 2 channels were paged and told of the end." */
export function drillInWords({ passed, seconds, channels, steps }: Drilled): string {
  if (!passed) {
    const failed = steps.filter(({ ok }) => !ok);
    const [first] = failed;
    const more = failed.length > 1 ? `, and ${number(failed.length - 1)} more` : "";
    return `Failed: ${first === undefined ? "no step was done" : stepInWords(first).toLowerCase()}${more}.`;
  }
  const who = channels.length === 1 ? `${channels[0] ?? ""} was` : `${number(channels.length)} channels were`;
  return `Passed in ${took(seconds)}: ${who} paged and told of the end.`;
}
