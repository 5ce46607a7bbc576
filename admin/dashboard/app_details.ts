/** Everything that one app's page shows, gathered at once. */
import {
  type AppConfig,
  type AppOrigin,
  type AppSnapshot,
  type HistoryEntry,
  type LogLine,
  maskedConfig,
  NanoError,
  type RequestSummary,
  type VersionView,
} from "../../runtime/mod.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import { originOrNull } from "./app_list.ts";

/** One app as its page shows it. */
export interface AppDetails {
  readonly snapshot: AppSnapshot;
  /** Secrets masked; null for an app that is being removed. */
  readonly config: AppConfig | null;
  /** Null for an app that is being removed. */
  readonly origin: AppOrigin | null;
  readonly summary: RequestSummary;
  /** Requests that ended otherwise than `done`. */
  readonly unfinished: readonly (readonly [end: string, count: number])[];
  /** Sorted by status. */
  readonly statuses: readonly (readonly [status: number, count: number])[];
  /** Newest first. */
  readonly versions: readonly VersionView[];
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  readonly setAside: readonly string[];
  /** Where the public listener is reached, to link to the app's hosts. */
  readonly listener: { readonly protocol: "http" | "https"; readonly port: number };
  /** ms since the epoch. */
  readonly now: number;
}

const HISTORY_SHOWN = 6;
const LINES_SHOWN = 100;

/** @throws {NanoError} NOT_FOUND */
export function appDetails(target: AdminTarget, { name, now }: { name: string; now: number }): AppDetails {
  const snapshot = target.apps().find((app) => app.name === name);
  if (snapshot === undefined) throw new NanoError("NOT_FOUND", `Cannot show app "${name}": there is no such app`);
  const { operations, observations, config } = target;
  const origin = originOrNull(target, name);
  const filter = { app: name, level: null, text: null, status: null, method: null, kinds: null, sample: 1 };
  return {
    snapshot,
    config: maskedConfig(config).apps.find((app) => app.name === name) ?? null,
    origin,
    summary: observations.requestSummary(name),
    statuses: [...observations.requestsByStatus(name)].filter(([, count]) => count > 0).sort(([one], [other]) =>
      one - other
    ),
    unfinished: [...observations.requestsByEnd(name)].filter(([end, count]) => end !== "done" && count > 0),
    versions: origin === null ? [] : operations.versions.list(name),
    history: operations.history({ app: name, before: null, limit: HISTORY_SHOWN }),
    lines: observations.recentLines(filter, LINES_SHOWN),
    setAside: operations.setAside().filter(({ app }) => app === name).flatMap(({ reasons }) => reasons),
    listener: { protocol: config.tls === null ? "http" : "https", port: config.port },
    now,
  };
}
