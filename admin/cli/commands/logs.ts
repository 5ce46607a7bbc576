/** `nano logs`: shows what the apps wrote, and follows it. */
import { SOME_APP } from "../line/usual_options.ts";
import type { LogQuery } from "../../client/client.ts";
import type { LogLineView } from "../../schemas/host_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import type { CommandLine } from "../line/command_line.ts";
import { follow } from "../online/follow.ts";
import { onlineCommand } from "../online/online_command.ts";
import { harmless, paint, type Style, timeText } from "../terminal/text_style.ts";

const DEFAULT_LIMIT = 100;
/** Lines that are asked for again when NANO is back, to lose none between. */
const CATCH_UP_LIMIT = 1000;
const LEVELS = ["debug", "info", "warn", "error"] as const;
const LEVEL_STYLES: Readonly<Record<string, Style | null>> = { debug: "dim", info: null, warn: "yellow", error: "red" };

export const command = onlineCommand({
  doc: {
    name: "logs",
    summary: "Show what the apps wrote",
    description: [
      "Shows the last lines of an app's console with its exceptions, or of all apps. With --follow it goes on with every " +
      "new line, requests included, until Ctrl+C; when NANO restarts, it waits for it.",
    ],
    arguments: [SOME_APP],
    examples: [
      { command: "nano logs shop", meaning: "the last lines" },
      { command: "nano logs shop --follow --level warn", meaning: "what goes wrong from now on" },
      { command: "nano logs --follow --status 5xx --json", meaning: "failed requests of all apps, for a program" },
    ],
  },
  options: [
    { name: "follow", value: null, summary: "go on with new lines until Ctrl+C" },
    {
      name: "level",
      value: "LEVEL",
      summary: "this level and above: debug, info, warn, error",
      completes: ["debug", "info", "warn", "error"],
    },
    { name: "grep", value: "TEXT", summary: "only lines with this text, whatever its case" },
    { name: "status", value: "STATUS", summary: "only requests with this status: 404, or 5xx" },
    { name: "method", value: "METHOD", summary: "only requests with this method" },
    { name: "sample", value: "SHARE", summary: "only this share of the lines, above 0 to 1" },
    { name: "limit", value: "N", summary: "how many of the last lines (100)" },
    { name: "json", value: null, summary: "one JSON record a line" },
  ],
  check: queryOf,
  run: async (online) => {
    const { line, io } = online;
    const query = queryOf(line);
    const color = wantsColor(io);
    const show = (one: LogLineView) => io.out(line.flag("json") ? JSON.stringify(one) : lineText(one, color));
    if (!line.flag("follow")) {
      for (const one of await online.client.logs(query)) show(one);
      return 0;
    }
    let last: LogLineView | null = null;
    return await follow(online, async ({ client }, { signal, again }) => {
      const wanted = again ? { ...query, limit: CATCH_UP_LIMIT } : query;
      for await (const update of client.followLogs(wanted, { signal })) {
        if ("dropped" in update) {
          io.err(`nano: ${update.dropped} lines were left out: they came faster than they were read`);
        } else if (last === null || isAfter(update.line, last)) {
          last = update.line;
          show(update.line);
        }
      }
    });
  },
});

/** By time, since a NANO that was restarted counts its lines anew. */
function isAfter(line: LogLineView, last: LogLineView): boolean {
  return line.at > last.at || (line.at === last.at && line.id > last.id);
}

function queryOf(line: CommandLine): LogQuery {
  const app = line.argument("APP");
  const level = line.text("level");
  const q = line.text("grep");
  const status = line.text("status");
  const method = line.text("method");
  const sample = line.text("sample");
  if (level !== null && !isLevel(level)) {
    throw new CliError("USAGE", `Option "--level" needs one of ${LEVELS.join(", ")}, not "${level}"`);
  }
  if (status !== null && !/^([1-5]\d\d|[1-5]xx)$/i.test(status)) {
    throw new CliError("USAGE", `Option "--status" needs a status such as 404 or 5xx, not "${status}"`);
  }
  if (sample !== null && !(Number(sample) > 0 && Number(sample) <= 1)) {
    throw new CliError("USAGE", `Option "--sample" needs a number above 0 and up to 1, not "${sample}"`);
  }
  return {
    ...app === null ? {} : { app },
    ...level === null ? {} : { level },
    ...q === null ? {} : { q },
    ...status === null ? {} : { status: status.toLowerCase() },
    ...method === null ? {} : { method: method.toUpperCase() },
    ...sample === null ? {} : { sample: Number(sample) },
    limit: line.whole("limit", { min: 0, max: CATCH_UP_LIMIT }) ?? DEFAULT_LIMIT,
  };
}

function isLevel(text: string): text is typeof LEVELS[number] {
  return (LEVELS as readonly string[]).includes(text);
}

function lineText({ at, app, level, text }: LogLineView, color: boolean): string {
  const style = LEVEL_STYLES[level] ?? null;
  const indented = text.split("\n").map(harmless).join("\n    ");
  return `${paint(timeText(at), "dim", color)} ${paint(level.padEnd(5), style, color)} ${harmless(app)} | ${indented}`;
}
