import type { JSX } from "preact";
import type { ShapeName } from "../data/shape.ts";

export type { ShapeName };

const WORDS: Record<ShapeName, string> = {
  ok: "Fine",
  crit: "Critical",
  warn: "Warning",
  info: "For information",
  unknown: "Not known",
  wait: "Waiting",
};

/** A status is told by its shape first, then by colour. */
export function Shape({ name }: { name: ShapeName }): JSX.Element {
  return (
    <svg class={`shape shape-${name}`} viewBox="0 0 16 16" role="img" aria-label={WORDS[name]}>
      {name === "ok" && <path class="stroke" d="M2.5 8.5 6.2 12.2 13.5 4.5" />}
      {name === "warn" && (
        <>
          <path class="fill" d="M8 1 15.5 14.5H.5z" />
          <path class="cut" d="M8 6v4M8 11.5v1.5" />
        </>
      )}
      {name === "crit" && (
        <>
          <path class="fill" d="M8 .5 15.5 8 8 15.5.5 8z" />
          <path class="cut" d="M8 4.5v4.2M8 10.2v1.5" />
        </>
      )}
      {name === "info" && (
        <>
          <circle class="line" cx="8" cy="8" r="6.5" />
          <path class="line" d="M8 7v4.5M8 4.4v1.4" />
        </>
      )}
      {(name === "unknown" || name === "wait") && <circle class="ring" cx="8" cy="8" r="6" />}
    </svg>
  );
}

export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 18 18" aria-hidden="true">
      <path class="logo-a" d="M0 0h8v8H0z" />
      <path class="logo-b" d="M10 0h8v8h-8zM0 10h8v8H0z" />
      <path class="logo-c" d="M10 10h8v8h-8z" />
    </svg>
  );
}
