/** `nano history`: shows who changed what. */
import { JSON_OPTION, SOME_APP } from "../line/usual_options.ts";
import type { HistoryEntryView } from "../../schemas/host_schemas.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import type { CommandLine } from "../line/command_line.ts";
import { onlineCommand, outJson } from "../online/online_command.ts";
import { timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const DEFAULT_LIMIT = 50;
/** The most that the admin API gives at once. */
const MAX_LIMIT = 500;

const COLUMNS: readonly Column<HistoryEntryView>[] = [
  { title: "TIME", value: ({ at }) => timeText(at) },
  { title: "BY", value: ({ actor }) => actor, shrinks: true },
  { title: "ACTION", value: ({ action }) => action },
  { title: "APP", value: ({ app }) => app ?? "-" },
  {
    title: "WHAT",
    value: ({ detail, error }) => error === null ? detail : `${detail} (refused: ${error})`,
    shrinks: true,
    style: ({ error }) => error === null ? null : "red",
  },
];

export const command = onlineCommand({
  doc: {
    name: "history",
    summary: "Show who changed what",
    description: [
      "Shows the changes that were asked for, newest first: who, when, what, and why not when it was refused.",
    ],
    arguments: [SOME_APP],
    examples: [
      { command: "nano history", meaning: "of all apps" },
      { command: "nano history shop --limit 10", meaning: "of one app" },
    ],
  },
  options: [{ name: "limit", value: "N", summary: "how many changes, up to 500 (50)" }, JSON_OPTION],
  check: limitOf,
  run: async ({ line, io, client }) => {
    const app = line.argument("APP");
    const limit = limitOf(line);
    const history = await client.history({ ...app === null ? {} : { app }, limit });
    if (line.flag("json")) return outJson(io, history);
    if (history.entries.length === 0) io.out("Nothing has been changed yet");
    else {for (const text of tableLines(history.entries, COLUMNS, { columns: io.columns, color: wantsColor(io) })) {
        io.out(text);
      }}
    return 0;
  },
});

function limitOf(line: CommandLine): number {
  return line.whole("limit", { min: 1, max: MAX_LIMIT }) ?? DEFAULT_LIMIT;
}
