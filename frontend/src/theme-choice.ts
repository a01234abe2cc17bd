export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const COOKIE = "quadra_theme";
const YEAR_S = 31_536_000;

/** The theme is the `color-scheme` of the root, which the stylesheet sets by this attribute; the server writes it into each page. */
export function theme(): Theme {
  return THEMES.find((name) => name === document.documentElement.dataset.theme) ?? "system";
}

/** What the browser is to keep, for the server to know the choice before it sends a page. */
export function themeCookie(chosen: Theme, secure: boolean): string {
  const lasts = chosen === "system" ? 0 : YEAR_S;
  return `${COOKIE}=${chosen}; Path=/; Max-Age=${lasts}; SameSite=Lax${secure ? "; Secure" : ""}`;
}

export function setTheme(value: string): Theme {
  const chosen = THEMES.find((name) => name === value) ?? "system";
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  document.cookie = themeCookie(chosen, location.protocol === "https:");
  dispatchEvent(new Event("quadra-theme"));
  return chosen;
}
