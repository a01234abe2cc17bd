import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useConsole } from "../context.ts";
import { Sections } from "../sections.tsx";
import { SentenceView } from "../sentence.tsx";

export function Overview(): JSX.Element {
  const app = useConsole();
  useEffect(() => app.draws(null), [app]);
  return (
    <>
      <SentenceView />
      <Sections />
    </>
  );
}
