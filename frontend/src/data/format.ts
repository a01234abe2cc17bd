/** Narrow no-break space: between thousands and before units. */
export const THIN = "\u202f";
/** No-break space: between a number and a word that counts as its unit, as "days". */
export const NBSP = "\u00a0";
const MINUS = "\u2212";
const UNITS = String.raw`%|°C|[mµun]?s|min|h|d|[kMGT]?i?B(?:\/s)?|[€$£](?:\/h)?|(?:[a-z]+)?\/(?:s|min|h)`;
const WORDS = "(?:millisecond|second|minute|hour|day|week|month|byte)s?";
const LOOSE = new RegExp(String.raw`(?<=\d) (?:(${UNITS})|(${WORDS}))(?![\p{L}\d])`, "gu");

/** A text from elsewhere, such as the server or a rule's author, with no line's end between a number and its unit. */
export function tied(text: string): string {
  return text.replace(LOOSE, (_, unit: string | undefined, word: string) => (unit === undefined ? NBSP + word : THIN + unit));
}

/** Three significant digits; whole numbers stay whole; thousands apart; true minus. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size >= 1e15) return sign + exponent(size);
  if (size >= 1e7) return sign + large(size);
  if (size >= 99.95) return sign + group(Math.round(size));
  if (Number.isInteger(value)) return sign + String(size);
  if (size >= 9.995) return sign + size.toFixed(1);
  if (size >= 0.9995) return sign + size.toFixed(2);
  if (size < 1e-4) return sign + exponent(size);
  return sign + String(Number(size.toPrecision(3)));
}

/** Like `number`, but what is too small to be told says so instead of rounding to 0. */
export function atLeast(value: number, smallest: number): string {
  if (value > 0 && value < smallest) return `<${smallest}`;
  if (value < 0 && -value < smallest) return `>${MINUS}${smallest}`;
  return number(value);
}

/** Always with `decimals` digits: the marks of one axis look alike. */
export function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  const [whole = "0", rest] = text.split(".");
  const sign = value < 0 && Number(text) !== 0 ? MINUS : "";
  return sign + group(Number(whole)) + (rest === undefined ? "" : `.${rest}`);
}

function group(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

function large(size: number): string {
  const [divisor, letter] = size >= 1e12 ? [1e12, "T"] : size >= 1e9 ? [1e9, "G"] : [1e6, "M"];
  return number(Number((size / divisor).toPrecision(3))) + THIN + letter;
}

function exponent(size: number): string {
  return size.toExponential(2).replace(/\.?0+e/, "e").replace("e-", `e${MINUS}`).replace("e+", "e");
}

/** "12 s", "2 min 10 s", "3 h 5 min", "2 days". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s}${THIN}s`;
  if (s < 3600) return parts(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 172_800) return parts(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return `${group(Math.floor(s / 86_400))}${NBSP}days`;
}

function parts(big: number, bigUnit: string, small: number, smallUnit: string): string {
  const head = `${big}${THIN}${bigUnit}`;
  return small === 0 ? head : `${head} ${small}${THIN}${smallUnit}`;
}

/** "1 s old"; from 48 hours on, since when. */
export function age(seconds: number, now: number): string {
  if (seconds >= 172_800) return `since ${date(now - seconds)}`;
  return `${duration(seconds)} old`;
}

let utc = false;

/** Whether times are told in UTC from now on, rather than as on this machine's clock. */
export function tellUtc(on: boolean): void {
  utc = on;
}

export function tellsUtc(): boolean {
  return utc;
}

/** Seconds that the zone in which times are told is ahead of UTC at the given moment. */
export function offset(t: number): number {
  return utc ? 0 : -new Date(t * 1000).getTimezoneOffset() * 60;
}

/** A date whose UTC fields are those of the zone in which times are told. */
function told(t: number): Date {
  return new Date((t + offset(t)) * 1000);
}

/** "14:42" or "14:42:07". */
export function clock(t: number, withSeconds = false): string {
  const d = told(t);
  const text = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  return withSeconds ? `${text}:${two(d.getUTCSeconds())}` : text;
}

/** "2026-11-21". */
export function date(t: number): string {
  const d = told(t);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** "21 Nov". */
export function day(t: number): string {
  const d = told(t);
  return `${d.getUTCDate()}${THIN}${MONTHS[d.getUTCMonth()] ?? ""}`;
}

/** "UTC", "UTC+1", "UTC−3:30" at the given moment. */
export function zone(t: number): string {
  const minutes = offset(t) / 60;
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? "" : `:${two(size % 60)}`;
  return `UTC${minutes < 0 ? MINUS : "+"}${Math.floor(size / 60)}${rest}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
