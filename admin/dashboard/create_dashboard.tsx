/** Builds the dashboard: pages behind a login, rendered on the admin listener. */
import { timingSafeEqual } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { raw } from "hono/html";
import { maskedConfig, messageOf, NanoError } from "../../runtime/mod.ts";
import type { AdminTarget } from "../admin_target.ts";
import { asNanoError } from "../problem.ts";
import type { Sessions } from "../session.ts";
import { snakeCase } from "../snake_case.ts";
import { appChanges, textFields } from "./app_changes.ts";
import { appDetails } from "./app_details.ts";
import { listApps } from "./app_list.ts";
import { AppPage } from "./app_page.tsx";
import { type ConfigView, ConfigPage } from "./config_page.tsx";
import { ConfirmPage, isConfirmedAction } from "./confirm_form.tsx";
import { ASSET_ROUTE, serveAsset } from "./dashboard_assets.ts";
import { type DashboardContext, type DashboardEnv, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { EventsPage } from "./events_page.tsx";
import { FlashNotes } from "./flash_notes.ts";
import { HistoryPage } from "./history_page.tsx";
import { LoginPage } from "./login_page.tsx";
import { FailurePage, NotFoundPage } from "./message_page.tsx";
import { newAppEntry, newAppForm } from "./new_app_fields.ts";
import { NewAppPage } from "./new_app_page.tsx";
import { OverviewPage } from "./overview_page.tsx";
import { recentSeries } from "./recent_series.ts";
import { securityHeaders } from "./security_headers.ts";

