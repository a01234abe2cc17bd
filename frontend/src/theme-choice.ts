export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "quadra.theme";

export function theme(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(KEY)) ?? "system";
  } catch {
    return "system"; // storage refused
  }
}

/** The theme is the `color-scheme` of the root, which the stylesheet sets by this attribute. */
export function showTheme(chosen: Theme = theme()): void {
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
}

export function setTheme(value: string): Theme {
  const chosen = THEMES.find((name) => name === value) ?? "system";
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // it holds until the page is left
  }
  showTheme(chosen);
  dispatchEvent(new Event("quadra-theme"));
  return chosen;
}
