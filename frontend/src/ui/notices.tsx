import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Console } from "../controller.ts";
import { quietWord } from "../data/quiet.ts";
import { causeOf, titleOf, type Alert } from "../data/alerts.ts";

const WANTED = "quadra.notices";

/** Browsers offer them on pages that came safely: by https, or from this very machine. */
function canBe(): boolean {
  return typeof Notification !== "undefined" && isSecureContext;
}

function areWanted(): boolean {
  try {
    return canBe() && Notification.permission === "granted" && localStorage.getItem(WANTED) === "on";
  } catch {
    return false;
  }
}

/** Alerts that fire now and did not when we last looked; nobody has them. */
export function newlyFiring(before: ReadonlySet<number>, open: readonly Alert[]): Alert[] {
  return open.filter((alert) => {
    const { id, state, acknowledged_by } = alert;
    return state === "firing" && acknowledged_by === null && !before.has(id) && quietWord(alert) === "";
  });
}

/** Tells of alerts through the browser while nobody looks at this page. */
export function useNotices(app: Console): void {
  const seen = useRef<ReadonlySet<number> | null>(null);
  useEffect(() => {
    const look = (): void => {
      const open = app.alerts.open.value;
      if (open === null) return;
      const fresh = seen.current === null ? [] : newlyFiring(seen.current, open);
      seen.current = new Set(open.filter(({ state }) => state === "firing").map(({ id }) => id));
      if (document.hidden && areWanted()) for (const alert of fresh.slice(0, 3)) notify(app, alert);
    };
    look();
    return app.alerts.open.subscribe(look);
  }, [app]);
}

function notify(app: Console, alert: Alert): void {
  try {
    const notice = new Notification(titleOf(alert), { body: causeOf(alert), tag: `quadra-alert-${alert.id}` });
    notice.onclick = () => {
      focus();
      app.router.open("/alerts", String(alert.id));
      notice.close();
    };
  } catch {
    // a browser that only lets service workers tell
  }
}

/** On or off, where the browser offers it. */
export function NoticeSwitch(): JSX.Element | null {
  const [on, setOn] = useState(areWanted());
  if (!canBe() || Notification.permission === "denied") return null;
  const turn = async (): Promise<void> => {
    const wanted = !on && (await Notification.requestPermission()) === "granted";
    try {
      localStorage.setItem(WANTED, wanted ? "on" : "off");
    } catch {
      // a private window: until it is closed
    }
    setOn(wanted);
  };
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={() => void turn()} />
      Notify me here
    </label>
  );
}
