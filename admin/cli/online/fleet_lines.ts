/** What people read of a fleet: a row a node, and what does not work. */
import type { FleetAnswer, FleetNodeAnswer } from "../../schemas/fleet_schemas.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { bytesText, durationText } from "../../schemas/figures.ts";
import type { Style } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const NODE_COLUMNS: readonly Column<FleetNodeAnswer>[] = [
  { title: "NODE", value: ({ name, self }) => self ? `${name} *` : name },
  { title: "STATE", value: ({ state }) => state, style: ({ state }) => state === "following" ? "green" : "red" },
  { title: "ROLE", value: ({ role }) => role },
  { title: "REVISION", value: ({ revision }) => String(revision), right: true },
  { title: "LAG", value: ({ lag }) => String(lag), right: true, style: ({ lag }) => redIf(lag > 0) },
  { title: "APPS UP", value: ({ apps_up }) => String(apps_up), right: true },
  {
    title: "FAILED",
    value: ({ failed }) => String(failed.length),
    right: true,
    style: (one) => redIf(one.failed.length > 0),
  },
  { title: "DRIFT", value: ({ drift }) => drift.join(", ") || "-", style: ({ drift }) => redIf(drift.length > 0) },
  { title: "NANO", value: ({ version }) => version },
  { title: "MEMORY", value: ({ memory_bytes }) => bytesText(memory_bytes), right: true },
  { title: "ADDRESS", value: ({ address }) => address ?? "-", shrinks: true },
];

/** The whole fleet. */
export function fleetLines(fleet: FleetAnswer, io: CliIo): readonly string[] {
  const { node, state, why, engine, revision, complete, nodes } = fleet;
  const failures = nodes.flatMap(({ name, failed }) =>
    failed.map(({ app, revision, error }) =>
      `${name}: app "${app}"${revision === 0 ? "" : ` at ${revision}`}: ${error}`
    )
  );
  const coming = nodes.filter(({ files_coming }) => files_coming > 0)
    .map(({ name, files_coming }) => `${name}: the files of ${files_coming} versions are on their way`);
  const whys = nodes.flatMap(({ name, self, state, why }) =>
    self || why === null ? [] : [`${name} is ${state}: ${why}`]
  );
  const clocks = nodes.flatMap(({ name, drift, clock_skew_seconds }) =>
    drift.includes("clock") ? [`${name}: its ${clockText(clock_skew_seconds ?? 0)}, which NTP sets by itself`] : []
  );
  return [
    `Node "${node}" is ${state} at revision ${revision}, by ${engine}${why === null ? "" : `: ${why}`}`,
    ...complete ? [] : ["The engine cannot be asked for the other nodes"],
    ...tableLines(nodes, NODE_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
    ...whys,
    ...clocks,
    ...coming,
    ...failures,
  ];
}

/** "clock is 2 h ahead of the engine's". */
function clockText(skewSeconds: number): string {
  return `clock is ${durationText(Math.abs(skewSeconds) * 1000)} ${
    skewSeconds < 0 ? "behind" : "ahead of"
  } the engine's`;
}

function redIf(isBad: boolean): Style | null {
  return isBad ? "red" : null;
}
