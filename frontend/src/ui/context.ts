import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Console } from "../controller.ts";

export const ConsoleContext = createContext<Console | null>(null);

export function useConsole(): Console {
  const found = useContext(ConsoleContext);
  if (found === null) throw new Error("rendered outside of the console");
  return found;
}
