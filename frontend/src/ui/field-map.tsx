import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { THIN } from "../data/format.ts";

const PAST = 120; // reports that are shown
/** Two hues that those who see no red or green tell apart; dark and light between. */
const LOW = [201, 120, 66] as const;
const HIGH = [74, 133, 219] as const;

/** Every unit of the field as it is now: a square each. */
export function FieldMap({ values }: { values: readonly number[] }): JSX.Element {
  const columns = Math.ceil(Math.sqrt(values.length * 2));
  const rows = Math.ceil(values.length / columns);
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const image = imageOf(place.current, columns, rows);
    if (image === null) return;
    values.forEach((value, i) => paint(image, i, value));
    put(place.current, image);
  }, [values, columns, rows]);
  const [least, most] = extremes(values);
  return (
    <figure class="map">
      <figcaption>
        Each unit now <Legend />
      </figcaption>
      <canvas ref={place} width={columns} height={rows} role="img" aria-label={`${values.length} units, from ${least} to ${most}`} />
    </figure>
  );
}

/** The last two minutes of every unit: time runs to the right. */
export function FieldPast({ values, at }: { values: readonly number[]; at: number }): JSX.Element {
  const place = useRef<HTMLCanvasElement>(null);
  const past = useRef<{ at: number; values: readonly number[] }[]>([]);
  useEffect(() => {
    const kept = past.current;
    if (kept[0] !== undefined && kept[0].values.length !== values.length) kept.length = 0;
    if (kept.at(-1)?.at !== at) kept.push({ at, values });
    if (kept.length > PAST) kept.shift();
    const image = imageOf(place.current, PAST, values.length);
    if (image === null) return;
    kept.forEach((report, i) => {
      const x = PAST - kept.length + i;
      report.values.forEach((value, y) => paint(image, y * PAST + x, value));
    });
    put(place.current, image);
  }, [values, at]);
  return (
    <figure class="map">
      <figcaption>{`Each unit in the last 2${THIN}min, now at the right`}</figcaption>
      <canvas ref={place} width={PAST} height={Math.max(values.length, 1)} role="img" aria-label="How the units moved in the last two minutes" />
    </figure>
  );
}

function Legend(): JSX.Element {
  return (
    <span class="map-legend">
      {"\u2212"}1 <i aria-hidden="true" /> +1
    </span>
  );
}

function imageOf(canvas: HTMLCanvasElement | null, width: number, height: number): ImageData | null {
  const context = canvas?.getContext("2d");
  return context === null || context === undefined || height === 0 ? null : context.createImageData(width, height);
}

function put(canvas: HTMLCanvasElement | null, image: ImageData): void {
  canvas?.getContext("2d")?.putImageData(image, 0, 0);
}

function paint(image: ImageData, cell: number, value: number): void {
  const [r, g, b] = value < 0 ? LOW : HIGH;
  const at = cell * 4;
  image.data[at] = r;
  image.data[at + 1] = g;
  image.data[at + 2] = b;
  image.data[at + 3] = Math.round(255 * Math.min(1, Math.abs(value)));
}

function extremes(values: readonly number[]): [string, string] {
  return [Math.min(...values, 0).toFixed(2), Math.max(...values, 0).toFixed(2)];
}
