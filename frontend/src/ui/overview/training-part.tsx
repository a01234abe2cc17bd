import type { JSX } from "preact";
import { useAnswer } from "../../data/answer.ts";
import { describe } from "../../data/training.ts";
import { useConsole } from "../context.ts";
import { PageLink } from "../link.tsx";

/** The field's training, while it runs. */
export function TrainingPart(): JSX.Element | null {
  const app = useConsole();
  return app.boot.overview?.training === true ? <Running /> : null;
}

function Running(): JSX.Element | null {
  const { data } = useAnswer("/api/v1/training", 5);
  if (data?.running !== true) return null;
  const { text, sub } = describe(data);
  return (
    <section aria-labelledby="training-title" data-testid="training-part">
      <h2 id="training-title">
        Training
        <small>
          <PageLink to="/training">live</PageLink>
        </small>
      </h2>
      <p class="aside-text">{text}</p>
      <p class="aside-empty">{sub}</p>
    </section>
  );
}
