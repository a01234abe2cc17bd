import { render } from "preact";
import { readBoot, serverClock } from "./boot.ts";
import { Console } from "./controller.ts";
import { App } from "./ui/app.tsx";
import { startZone } from "./zone-choice.ts";

const place = document.getElementById("console");
if (place !== null) {
  startZone();
  const boot = readBoot();
  const app = new Console(boot, serverClock(boot));
  render(<App app={app} />, place);
  app.start();
}
