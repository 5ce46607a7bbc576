/** Counts how the jobs of apps came out. */
import type { SeriesMetric } from "./binding_series.ts";

interface Runs {
  readonly cron: string;
  readonly outcome: "ok" | "error" | "skipped";
  readonly count: number;
}

/** The jobs that ran. */
export class CronSeries {
  /** By app, then by job and outcome. */
  readonly #apps = new Map<string, Map<string, Runs>>();

  /** Names of the apps whose jobs have run. */
  apps(): IterableIterator<string> {
    return this.#apps.keys();
  }

  /** Takes one run. */
  observe(app: string, { cron, outcome }: Omit<Runs, "count">): void {
    let runs = this.#apps.get(app);
    if (runs === undefined) this.#apps.set(app, runs = new Map());
    const key = `${outcome} ${cron}`;
    runs.set(key, { cron, outcome, count: (runs.get(key)?.count ?? 0) + 1 });
  }

  /** The app is gone. */
  forget(app: string): void {
    this.#apps.delete(app);
  }

  /** Its metrics; `read` gives their lines of the moment. */
  metrics(): readonly SeriesMetric[] {
    return [{
      name: "nano_cron_runs_total",
      type: "counter",
      help: "Runs of the app's jobs by outcome: ok, error, or skipped because the run before still went on.",
      read: () =>
        [...this.#apps].flatMap(([app, runs]) =>
          [...runs.values()].map(({ cron, outcome, count }) => ({ labels: { app, cron, outcome }, value: count }))
        ),
    }];
  }
}
