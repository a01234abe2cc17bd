import { useEffect, useMemo, useState } from "preact/hooks";

/** Whether the page is as narrow as on a phone. */
export function useNarrow(): boolean {
  const query = useMemo(() => matchMedia("(max-width: 767px)"), []);
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const changed = (): void => setNarrow(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return narrow;
}
