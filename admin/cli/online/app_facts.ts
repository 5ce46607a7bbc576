/** All that is known of an app, as titles and texts for people. */
import type { AppDetail } from "../../schemas/app_schemas.ts";
import { bytesText, durationText, latencyText } from "../../schemas/figures.ts";
import { harmless, timeText } from "../terminal/text_style.ts";

/** Pairs of a title and a text, in the order in which one asks at night; what is not there is left out. */
export function appFacts(app: AppDetail): readonly (readonly [title: string, text: string])[] {
  const { origin, limits, last_exit: exit, latency, data_folder: data } = app;
  const counts = (record: Readonly<Record<string, number>>) =>
    Object.entries(record).map(([key, count]) => `${key} ${count}`).join(", ");
  const facts: (readonly [string, string | null])[] = [
    ["name", app.name],
    ["state", `${app.state} since ${timeText(app.since)}`],
    ["error", app.error],
    ["hosts", app.hostnames.join(", ")],
    ["port", app.port === null ? null : String(app.port)],
    ["path", app.path],
    ["version", origin?.deployed ?? null],
    ["rollout", origin?.rollout ? `${origin.rollout.version} gets ${origin.rollout.percent} % of the requests` : null],
    ["code", app.version],
    ["source", origin === null ? null : sourceText(origin)],
    ["changed", origin?.overrides ? JSON.stringify(origin.overrides) : null],
    ["uptime", app.uptime_seconds > 0 ? durationText(app.uptime_seconds * 1000) : null],
    ["last start", app.start_seconds === null ? null : latencyText(app.start_seconds)],
    ["restarts", app.restarts_total === 0 ? "0" : `${app.restarts_total} (${counts(app.restarts)})`],
    ["crashes", app.crashes === 0 ? null : `${app.crashes} in a row`],
    ["last exit", exit && `${exit.reason} at ${timeText(exit.at)}: ${exit.detail}`],
    ["requests", `${app.requests}, ${app.errors} of them errors`],
    ["by status", counts(app.requests_by_status)],
    ["by end", counts(app.requests_by_end)],
    ["latency", `p50 ${latencyText(latency.p50_seconds)}, p99 ${latencyText(latency.p99_seconds)}`],
    ["in flight", `${app.in_flight}, ${app.queued} in the queue`],
    ["memory", `heap ${bytesText(app.heap_bytes)}, external ${bytesText(app.external_bytes)}`],
    ["data/", data === null ? null : `${bytesText(data.bytes)} of ${bytesText(data.max_bytes)}${entriesText(data)}`],
    ["cpu", `${app.cpu_seconds.toFixed(2)} s`],
    ["limits", limits && Object.entries(limits).map((pair) => pair.join(" ")).join("\n")],
    ["isolation", app.isolation],
    ["compat", app.compat],
    ["process", app.process && processText(app.process)],
    ["outbound", app.outbound === null ? null : [app.outbound].flat().join(", ")],
    ["assets", app.assets && app.assets.path],
    [
      "bindings",
      app.bindings.map(({ name, kind, store }) => `${name} (${store === null ? kind : `${kind} ${store}`})`).join("\n"),
    ],
    ["crons", app.crons.map(({ name, schedule }) => name === schedule ? schedule : `${name} (${schedule})`).join("\n")],
    ["env", Object.entries(app.env).map((pair) => pair.join("=")).join("\n")],
  ];
  return facts.filter((fact): fact is readonly [string, string] => fact[1] !== null && fact[1] !== "")
    .map(([title, text]) => [title, text.split("\n").map(harmless).join("\n")]);
}

function processText(process: NonNullable<AppDetail["process"]>): string {
  const { pid, namespaces, capabilities, descriptors, max_descriptors } = process;
  return [
    `${pid}, as the kernel tells it`,
    process.user === null ? "NANO's user" : `own user ${process.user}`,
    process.no_new_privileges ? "no new privileges" : "new privileges are possible",
    process.filters_system_calls ? "system calls filtered" : "all system calls",
    capabilities === 0 ? "no capabilities" : `${capabilities} capabilities`,
    namespaces.length === 0 ? "no namespaces of its own" : `own namespaces ${namespaces.join(", ")}`,
    `${descriptors} of ${max_descriptors ?? "any number of"} descriptors`,
  ].join("\n");
}

function entriesText({ entries, max_entries }: NonNullable<AppDetail["data_folder"]>): string {
  return entries === null ? "" : `, ${entries} of ${max_entries} files and folders`;
}

function sourceText({ source, version_of }: NonNullable<AppDetail["origin"]>): string {
  if (source === "version") return `a version of ${version_of}`;
  return source === "file" ? "nano.json" : "the admin API";
}
