// All that the overview need not wait for, in one piece: a piece for each page would share a dozen
// small ones with the first page, and each is a request. It names the whole console as its own, so that
// what both use stays in the console's one file.
import "../console.tsx";
import type { JSX } from "preact";
import type { Path } from "../router.ts";
import { AlertsPage } from "./pages/alerts.tsx";
import { AnomaliesPage } from "./pages/anomalies.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { ChannelsPage } from "./pages/channels.tsx";
import { EventsPage } from "./pages/events.tsx";
import { ExplorePage } from "./pages/explore.tsx";
import { ReplayPage } from "./pages/replay.tsx";
import { RulesPage } from "./pages/rules.tsx";
import { SessionsPage } from "./pages/sessions.tsx";
import { StatusPage } from "./pages/status.tsx";
import { TargetsPage } from "./pages/targets.tsx";
import { TokensPage } from "./pages/tokens.tsx";
import { TrainingPage } from "./pages/training.tsx";
import { UsersPage } from "./pages/users.tsx";

export { Sections } from "./sections.tsx";

export const PAGE_VIEWS: Partial<Record<Path, () => JSX.Element>> = {
  "/explore": ExplorePage,
  "/alerts": AlertsPage,
  "/anomalies": AnomaliesPage,
  "/events": EventsPage,
  "/replay": ReplayPage,
  "/rules": RulesPage,
  "/channels": ChannelsPage,
  "/training": TrainingPage,
  "/targets": TargetsPage,
  "/tokens": TokensPage,
  "/users": UsersPage,
  "/sessions": SessionsPage,
  "/audit": AuditPage,
  "/status": StatusPage,
};
