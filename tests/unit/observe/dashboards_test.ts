/** The Grafana dashboard and the alert rules of the docs, held against what NANO renders. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { REQUEST_ENDS } from "../../../runtime/terms/request_end.ts";
import { APP_STATE_NAMES } from "../../../runtime/terms/lifecycle.ts";
import { Metrics } from "../../../runtime/observe/metrics.ts";
import { REPO } from "../../support/repo.ts";
import { snapshot } from "./app_snapshot.ts";
import { request } from "./log_lines.ts";
import { promqlNames } from "./promql_names.ts";

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr?: string }[] };
}

/** Labels that Prometheus adds when it scrapes. */
const SCRAPED = ["instance", "job"];

const dashboard: Dashboard = JSON.parse(
  await Deno.readTextFile(new URL("docs/observability/grafana.json", REPO)),
);
const alerts = await Deno.readTextFile(new URL("docs/observability/alerts.yml", REPO));
/** Rules as their lines say; the file is written flat, one line a key, so that this and people can read it. */
const rules = alerts.split(/^ {6}- /m).slice(1).map((text) => ({
  alert: /^alert: (\w+)$/m.exec(text)?.[1] ?? text,
  expr: /^ +expr: (.+)$/m.exec(text)?.[1] ?? "",
  severity: /^ +severity: (.+)$/m.exec(text)?.[1],
  summary: /^ +summary: (.+)$/m.exec(text)?.[1],
  description: /^ +description: (.+)$/m.exec(text)?.[1],
}));

/** Labels and their values by metric, as NANO renders them when everything has happened once. */
async function rendered(): Promise<Map<string, Map<string, Set<string>>>> {
  const apps = APP_STATE_NAMES.map((state, index) => snapshot(`app-${index}`, { state }));
  const metrics = new Metrics({ snapshot: () => apps, startedAt: 0 });
  for (const status of [200, 404, 503]) metrics.listen(request({ app: "app-0", status }));
  for (const end of REQUEST_ENDS) metrics.listen(request({ app: "app-0", end }));
  metrics.listen({ ...request({ status: 404 }), app: null });
  metrics.listen({ event: "app_restart", app: "app-0", reason: "out_of_memory", delayMs: 0 });
  const job = { app: "app-0", cron: "* * * * *", name: "tidy" };
  metrics.listen({ event: "cron_done", ...job, durationMs: 1, ok: true });
  metrics.listen({ event: "cron_done", ...job, durationMs: 1, ok: false });
  metrics.listen({ event: "cron_skipped", ...job });
  const batch = { app: "app-0", queue: "jobs", messages: 1, acked: 1, retried: 0, dead: 0, backlog: 1, durationMs: 1 };
  for (const outcome of ["ok", "failed", "undelivered"] as const) {
    metrics.listen({ event: "queue_batch", ...batch, outcome });
  }
  const names = new Map<string, Map<string, Set<string>>>();
  for (const [, name, labels] of (await metrics.render()).matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
    let known = names.get(name!);
    if (known === undefined) names.set(name!, known = new Map());
    for (const [, label, value] of (labels ?? "").matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label!, (known.get(label!) ?? new Set()).add(value!));
    }
  }
  return names;
}

/** Fails unless NANO renders every metric, label and fixed value of an expression. */
async function assertRendered(expression: string, where: string): Promise<void> {
  const names = await rendered();
  const { metrics, grouped } = promqlNames(expression);
  assert(metrics.length > 0, `${where}: no metric in ${expression}`);
  const labels = new Set(SCRAPED);
  for (const { name, matchers } of metrics) {
    const known = names.get(name);
    assert(known !== undefined, `${where}: NANO has no metric ${name}`);
    for (const label of known.keys()) labels.add(label);
    for (const { label, operator, value } of matchers) {
      if (SCRAPED.includes(label)) continue;
      const values = known.get(label);
      assert(values !== undefined, `${where}: ${name} has no label ${label}`);
      if (value.startsWith("$") || value === "" || operator.startsWith("!")) continue;
      const pattern = operator === "=~" ? new RegExp(`^(?:${value})$`) : null;
      const found = [...values].some((one) => pattern === null ? one === value : pattern.test(one));
      assert(found, `${where}: ${name} never has ${label}="${value}"`);
    }
  }
  for (const label of grouped) assert(labels.has(label), `${where}: nothing has the label ${label}`);
}

Deno.test("promqlNames() finds metrics with their matchers and labels, and nothing else", () => {
  assertEquals(
    promqlNames('sum by (app, le) (rate(a_total{app!="",status=~"5.."}[5m])) > 0.5 and on (x) (b or vector(0))'),
    {
      metrics: [
        {
          name: "a_total",
          matchers: [{ label: "app", operator: "!=", value: "" }, { label: "status", operator: "=~", value: "5.." }],
        },
        { name: "b", matchers: [] },
      ],
      grouped: ["app", "le", "x"],
    },
  );
});

Deno.test("The Grafana dashboard asks only for metrics and labels that NANO renders", async () => {
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets ?? []) await assertRendered(expr, `Panel "${title}"`);
  }
  for (const { expr } of dashboard.annotations.list) if (expr !== undefined) await assertRendered(expr, "Annotation");
  for (const { name, query } of dashboard.templating.list) {
    if (typeof query === "string") continue;
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query.query) ?? [];
    await assertRendered(`sum by (${label}) (${selector})`, `Variable "${name}"`);
  }
});

Deno.test("The Grafana dashboard shows every metric of NANO", async () => {
  const shown = new Set(
    dashboard.panels.flatMap(({ targets }) => (targets ?? []).flatMap(({ expr }) => promqlNames(expr).metrics))
      .map(({ name }) => name),
  );
  const missing = [...(await rendered()).keys()].filter((name) => !shown.has(name));
  // The histogram is read by its buckets.
  assertEquals(missing, ["nano_request_duration_seconds_sum", "nano_request_duration_seconds_count"]);
});

Deno.test("The Grafana dashboard is one that Grafana takes: ids, places, data source and variables fit", () => {
  const { panels, templating, ...rest } = dashboard;
  assertEquals([rest.id, rest.uid, rest.title], [null, "nano-overview", "NANO"]);
  assert(rest.schemaVersion >= 36, "36 is the first with data sources as objects");
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length, "ids are unique");
  const cells = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x >= 0 && w > 0 && h > 0 && x + w <= 24, `Panel "${title}" leaves the grid`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column},${line}`;
        assert(!cells.has(cell), `Panel "${title}" covers another`);
        cells.add(cell);
      }
    }
  }
  const variables = templating.list.map(({ name }) => name);
  assertEquals(variables, ["datasource", "instance", "app"]);
  for (const { title, type, targets } of panels) {
    assert(["row", "stat", "timeseries", "table"].includes(type), `Panel "${title}" is a ${type}`);
    assertEquals(type === "row", targets === undefined, title);
    assertEquals(new Set(targets?.map(({ refId }) => refId)).size, targets?.length ?? 0, title);
    for (const { datasource, expr } of targets ?? []) {
      assertEquals(datasource, { type: "prometheus", uid: "${datasource}" });
      for (const [, name] of expr.matchAll(/\$(\w+)/g)) {
        assert([...variables, "__rate_interval"].includes(name!), `Panel "${title}" uses $${name}`);
      }
    }
  }
});

Deno.test("Every alert rule asks for what NANO renders, and says how bad it is and what to do", async () => {
  assertEquals(rules.length, alerts.match(/alert:/g)!.length);
  assertEquals(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, expr, severity, summary, description } of rules) {
    assertMatch(alert, /^Nano[A-Z]\w+$/);
    await assertRendered(expr, alert);
    assertMatch(severity ?? "", /^(?:warning|critical)$/, alert);
    assert((summary ?? "").length > 10 && (description ?? "").length > 20, alert);
    // A label that the expression groups away would be empty in the message.
    const { grouped } = promqlNames(expr);
    for (const [, label] of `${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)) {
      assert(grouped.length === 0 || grouped.includes(label!), `${alert} has no label ${label}`);
    }
  }
});
