import { render } from "preact";
import { readBoot, serverClock } from "./boot.ts";
import { Console } from "./controller.ts";
import { App } from "./ui/app.tsx";

const place = document.getElementById("console");
if (place !== null) {
  const boot = readBoot();
  const app = new Console(boot, serverClock(boot));
  render(<App app={app} />, place);
  app.start();
}
