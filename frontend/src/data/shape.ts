/** A status, told by its shape first. */
export type ShapeName = "ok" | "crit" | "warn" | "info" | "unknown" | "wait";
