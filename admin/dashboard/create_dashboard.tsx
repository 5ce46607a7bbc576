/** Builds the dashboard: pages behind a login, rendered on the admin listener. */
import { Hono } from "hono";
import { maskedConfig, messageOf, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import { asNanoError } from "../gate/problem.ts";
import { snakeCase } from "../gate/snake_case.ts";
import { appChanges, textFields } from "./app_changes.ts";
import { appDetails } from "./app_details.ts";
import { listApps } from "./app_list.ts";
import { AppPage } from "./app_page.tsx";
import { ConfigPage, type ConfigView } from "./config_page.tsx";
import { ConfirmPage, isConfirmedAction } from "./confirm_form.tsx";
import { ASSET_ROUTE, dashboardAssets } from "./dashboard_assets.ts";
import { type DashboardContext, type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { dataRoutes } from "./data_routes.tsx";
import { EventsPage } from "./events_page.tsx";
import { FlashNotes } from "./flash_notes.ts";
import { HistoryPage } from "./history_page.tsx";
import { limitRoutes } from "./limit_routes.tsx";
import { LoginPage } from "./login_page.tsx";
import { FailurePage, NotFoundPage } from "./message_page.tsx";
import { nodeRoutes } from "./node_routes.tsx";
import { newAppEntry, newAppForm } from "./new_app_fields.ts";
import { NewAppPage } from "./new_app_page.tsx";
import { OverviewPage } from "./overview_page.tsx";
import { recentSeries, totalSeries } from "./recent_series.ts";
import { renderPage } from "./render_page.ts";
import { pageSecurityHeaders } from "./security_headers.ts";
import type { OverviewView } from "./views/app_row.ts";

/** What {@linkcode createDashboard} takes beside NANO. */
export interface DashboardOptions {
  /** Wall clock, ms since the epoch. Default: the machine's. */
  readonly now?: () => number;
  /** Told of errors that are NANO's own fault. Default: standard error. */
  readonly report?: (error: unknown) => void;
}

const HISTORY_ENTRIES = 50;
const LOGIN_PROBLEMS: Readonly<Record<string, string>> = {
  wrong: "This is not the token. Run nano token on the machine to see it",
  used: "This link was used already, or is too old. Run nano token on the machine and sign in with what it prints",
  limit: "Too many wrong tokens. Wait a minute, then try again",
};

/**
 * Builds the dashboard; the admin listener mounts it at `/` behind its gate, which knows who asks, sends those without
 * a session to `/login`, and has checked the CSRF field of every form. `POST /login` and `POST /logout` are the gate's.
 */
export function createDashboard(target: AdminTarget, options: DashboardOptions = {}): Hono<AdminEnv> {
  const report = options.report ?? ((error) => console.error("The dashboard failed:", error));
  const tools: DashboardTools = { target, notes: new FlashNotes(), now: options.now ?? Date.now };
  const { notes, now } = tools;
  const dashboard = new Hono<AdminEnv>();

  dashboard.use(pageSecurityHeaders());
  dashboard.get(ASSET_ROUTE, dashboardAssets.serve);
  // Without scripts when they cannot be bundled: the pages work then too.
  dashboard.use(async (_context, next) => {
    await dashboardAssets.load().catch(report);
    await next();
  });
  dashboard.get("/login", (context) => {
    const { problem = "", next = "/" } = context.req.query();
    return renderPage(context, <LoginPage problem={LOGIN_PROBLEMS[problem] ?? null} next={next} />);
  });

  dashboard.get("/", async (context) => {
    const { q = "", state = "", sort = "" } = context.req.query();
    const view = { rows: await listApps(target), now: now() };
    return renderPage(context, <OverviewPage frame={frameOf(context, tools)} view={view} query={{ q, state, sort }} />);
  });
  dashboard.get("/overview", async (context) => {
    const view: OverviewView = { rows: await listApps(target), now: now() };
    return context.json(view);
  });
  dashboard.get("/series", (context) => context.json(recentSeries(target, context.req.queries("app") ?? [])));
  dashboard.get("/series/total", (context) => context.json(totalSeries(target)));
  dashboard.get("/events", (context) => renderPage(context, <EventsPage frame={frameOf(context, tools)} />));

  dashboard.get("/new", (context) => {
    const form = newAppForm({});
    return renderPage(context, <NewAppPage frame={frameOf(context, tools)} form={form} problem={null} />);
  });
  dashboard.post("/new", async (context) => {
    const form = newAppForm(textFields(await context.req.parseBody()));
    try {
      const name = await target.operations.apps.add(newAppEntry(form), requestedBy(context));
      const note = { tone: "good", text: `Added ${name}`, details: [] } as const;
      return goOn(context, { notes, path: `/apps/${encodeURIComponent(name)}`, note });
    } catch (error) {
      if (!(error instanceof NanoError) || error.code === "INTERNAL") throw error;
      const problem = { tone: "bad", text: messageOf(error), details: error.details } as const;
      const frame = frameOf(context, tools);
      return renderPage(context, <NewAppPage frame={frame} form={form} problem={problem} />, error.status);
    }
  });

  dashboard.get("/apps/:name", (context) => {
    const details = appDetails(target, { name: context.req.param("name"), now: now() });
    return renderPage(context, <AppPage frame={frameOf(context, tools)} details={details} />);
  });
  dashboard.get("/apps/:name/:action", async (context, next) => {
    const { name, action } = context.req.param();
    if (!isConfirmedAction(action)) return await next();
    const details = appDetails(target, { name, now: now() });
    return renderPage(context, <ConfirmPage frame={frameOf(context, tools)} action={action} details={details} />);
  });
  dashboard.route("/apps", limitRoutes(tools));
  dashboard.route("/apps", appChanges(tools));

  dashboard.get("/history", (context) => {
    const app = context.req.query("app")?.trim() || null;
    const before = idOf(context.req.query("before"));
    const found = target.operations.history({ app, before, limit: HISTORY_ENTRIES + 1 });
    const view = {
      entries: found.slice(0, HISTORY_ENTRIES),
      more: found.length > HISTORY_ENTRIES,
      app,
      before,
      apps: target.apps().map(({ name }) => name),
    };
    return renderPage(context, <HistoryPage frame={frameOf(context, tools)} view={view} />);
  });

  dashboard.route("/data", dataRoutes(tools));
  dashboard.route("/nodes", nodeRoutes(tools));

  dashboard.get("/config", async (context) => {
    const view = await configView(target);
    return renderPage(context, <ConfigPage frame={frameOf(context, tools)} view={view} />);
  });
  dashboard.post("/config/reload", async (context) => {
    try {
      const { added, removed, changed } = await target.operations.reload(requestedBy(context));
      const text = `Reloaded: ${added.length} added, ${changed.length} changed, ${removed.length} removed`;
      return goOn(context, { notes, path: "/config", note: { tone: "good", text, details: [] } });
    } catch (error) {
      if (!(error instanceof NanoError) || error.code === "INTERNAL") throw error;
      const note = { tone: "bad", text: messageOf(error), details: error.details } as const;
      return goOn(context, { notes, path: "/config", note });
    }
  });

  // What else a person asks for gets a page; programs get the admin API's own answer.
  dashboard.get("*", async (context, next) => {
    if (isMachinePath(context.req.path) || !wantsPage(context)) return await next();
    const what = `There is no page "${context.req.path}".`;
    return renderPage(context, <NotFoundPage frame={frameOf(context, tools)} what={what} />, 404);
  });

  dashboard.onError((thrown, context) => {
    // Programs get the admin API's answer; its "no such path" passes through here, too, as the dashboard is mounted last
    if (isMachinePath(context.req.path) || !wantsPage(context)) throw thrown;
    const error = asNanoError(thrown);
    if (error.code === "INTERNAL") report(thrown);
    const frame = frameOf(context, tools);
    if (error.code === "NOT_FOUND") {
      return renderPage(context, <NotFoundPage frame={frame} what={`${error.message}.`} />, 404);
    }
    return renderPage(
      context,
      <FailurePage frame={frame} title="This did not work" text={error.message} details={error.details} />,
      error.status,
    );
  });

  return dashboard;
}

async function configView({ config, operations }: AdminTarget): Promise<ConfigView> {
  const shown = { file: config.file, config: snakeCase(maskedConfig(config)), setAside: operations.setAside() };
  try {
    return { ...shown, preview: await operations.previewReload() };
  } catch (error) {
    if (!(error instanceof NanoError) || error.code === "INTERNAL") throw error;
    return { ...shown, preview: { error: error.message, mistakes: error.details } };
  }
}

function idOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function isMachinePath(path: string): boolean {
  return path.startsWith("/admin/") || path === "/metrics" || path === "/livez" || path === "/readyz";
}

function wantsPage(context: DashboardContext): boolean {
  return context.req.header("accept")?.includes("text/html") === true;
}
