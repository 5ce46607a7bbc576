/** The reference page of the metrics, from what the metrics themselves say. */
import type { AppSnapshot } from "../../mod.ts";
import { Metrics } from "../../runtime/observe/metrics.ts";
import { code, page, table } from "./markdown.ts";

const APP: AppSnapshot = {
  name: "shop",
  state: "running",
  hostnames: [],
  port: null,
  version: "0",
  since: 0,
  restarts: {},
  crashes: 0,
  lastExit: null,
  error: null,
  inFlight: 0,
  queued: 0,
  heapBytes: 0,
  externalBytes: 0,
  processId: null,
  kept: null,
  cpuSeconds: 0,
  startSeconds: 0,
};

/** The page. */
export async function metricsReference(): Promise<string> {
  const rows = metricRows(await sampleText());
  return page(
    {
      title: "Metrics",
      description: "Every metric of GET /metrics with its type, labels and meaning.",
      order: 4,
    },
    `\`GET /metrics\` on the admin listener answers in the text format of Prometheus; it wants the bearer token.

${
      table(
        ["Metric", "Type", "Labels", "Meaning"],
        rows.map((
          { name, type, labels, help },
        ) => [code(name), type, labels.map(code).join(" "), help]),
      )
    }

A host that nobody claims never becomes a label: such requests count under \`app=""\`. Series of an app end with the app.`,
  );
}

/** One metric. */
export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Reads Prometheus text; `le` of histograms is no label that anybody chooses. */
export function metricRows(text: string): MetricRow[] {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name = "", help = "", type = ""]) => {
      const labels = new Set<string>();
      for (
        const [, list = ""] of text.matchAll(
          new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, "gm"),
        )
      ) {
        for (const [, label] of list.matchAll(/([a-z]+)="/g)) if (label !== "le") labels.add(label!);
      }
      return { name, type, help, labels: [...labels] };
    },
  );
}

/** The text with a sample of every metric, so that each shows its labels. */
async function sampleText(): Promise<string> {
  const metrics = new Metrics({
    snapshot: () => [APP],
    startedAt: 0,
    now: () => 1000,
    rss: () => 0,
    descriptors: { limit: 0, count: () => 0 },
  });
  const job = { app: APP.name, cron: "* * * * *", name: "tidy" };
  metrics.listen({
    event: "request",
    app: APP.name,
    method: "GET",
    path: "/",
    status: 200,
    bytes: 0,
    durationMs: 1,
    requestId: "",
    code: null,
    end: "done",
  });
  metrics.listen({
    event: "app_restart",
    app: APP.name,
    reason: "out_of_memory",
    delayMs: 0,
  });
  metrics.listen({ event: "cron_done", ...job, durationMs: 1, ok: true });
  metrics.listen({
    event: "queue_batch",
    app: APP.name,
    queue: "jobs",
    outcome: "ok",
    messages: 1,
    acked: 1,
    retried: 0,
    dead: 0,
    backlog: 1,
    durationMs: 1,
  });
  return await metrics.render();
}
