import type { JSX } from "preact";
import { SHIFT_WORDS, type ExploreView } from "../../explore/view.ts";

/** What the marks on the charts mean. */
export function ChartKey({ compared }: { compared: ExploreView["compare"] }): JSX.Element {
  return (
    <footer class="chart-key">
      <ul>
        <li>
          <i class="key-envelope" aria-hidden="true" />
          lowest to highest within a step
        </li>
        <li>
          <i class="key-usual" aria-hidden="true" />
          usual
        </li>
        <li>
          <i class="key-unusual" aria-hidden="true" />
          unusual
        </li>
        <li>
          <i class="key-hatch" aria-hidden="true" />
          no data
        </li>
        {compared !== "" && (
          <li>
            <i class="key-past" aria-hidden="true" />
            {SHIFT_WORDS[compared]}
          </li>
        )}
      </ul>
      <p class="chart-keys">
        <kbd>←</kbd> <kbd>→</kbd> move cursor, drag to zoom, <kbd>Shift</kbd> drag to move
      </p>
    </footer>
  );
}
