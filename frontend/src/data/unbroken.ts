import { tied } from "./format.ts";

/** A longer name would not fit a phone's line: better broken than cut off. */
const LONGEST = 24;
const HYPHENED = /([\p{L}\d_.]+(?:-[\p{L}\d_.]+)+)/u;

/** A piece of a text; one that is `whole` is never to be broken, as "chat-api" would be at its hyphen. */
export interface Part {
  readonly text: string;
  readonly whole: boolean;
}

/** A text with the names in it apart, and its numbers tied to their units; all of it together is the text. */
export function partsOf(text: string): Part[] {
  return tied(text)
    .split(HYPHENED)
    .map((part, i) => ({ text: part, whole: i % 2 === 1 && part.length <= LONGEST }))
    .filter((part) => part.text !== "");
}
