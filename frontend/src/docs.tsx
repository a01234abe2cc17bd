import { render } from "preact";
import { getJson } from "./api.ts";
import { readBoot } from "./boot.ts";
import type { OpenApi } from "./docs/openapi.ts";
import { DocsPage } from "./docs/page.tsx";

const place = document.getElementById("docs");
if (place !== null) {
  const boot = readBoot();
  getJson("/api/openapi.json").then(
    (api) => {
      render(<DocsPage api={api as OpenApi} csrf={boot.csrf} />, place);
      // The address may name an operation that was not there yet when the page came.
      const named = document.getElementById(location.hash.slice(1));
      if (named instanceof HTMLDetailsElement) named.open = true;
      named?.scrollIntoView();
    },
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      render(<p role="alert">{`Could not load the description: ${why}.`}</p>, place);
    },
  );
}
