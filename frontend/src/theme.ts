// Runs in the head, before anything is painted, so that no other theme flashes up.
import { showTheme } from "./theme-choice.ts";

showTheme();
