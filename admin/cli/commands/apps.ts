/** `nano apps`: lists the apps of a running NANO, or shows one. */
import { JSON_OPTION, SOME_APP } from "../line/usual_options.ts";
import type { AppDetail, AppList, AppView } from "../../schemas/app_schemas.ts";
import { appFacts } from "../online/app_facts.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { follow } from "../online/follow.ts";
import { type Online, onlineCommand } from "../online/online_command.ts";
import { pause } from "../../process/pause.ts";
import { bytesText, durationText, latencyText } from "../../schemas/figures.ts";
import { paint, stateStyle } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const WATCH_MS = 2000;
const CLEAR = "\x1b[H\x1b[2J";

const COLUMNS: readonly Column<AppView>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "STATE", value: stateText, style: ({ state }) => stateStyle(state) },
  { title: "HOSTS", value: ({ hostnames }) => hostnames.join(", "), shrinks: true },
  { title: "VERSION", value: ({ origin, version }) => origin?.deployed ?? version ?? "-" },
  { title: "REQUESTS", value: ({ requests }) => String(requests), right: true },
  {
    title: "ERRORS",
    value: ({ errors }) => String(errors),
    right: true,
    style: ({ errors }) => errors > 0 ? "red" : null,
  },
  { title: "P50", value: ({ latency }) => latencyText(latency.p50_seconds), right: true },
  { title: "P99", value: ({ latency }) => latencyText(latency.p99_seconds), right: true },
  {
    title: "IN FLIGHT",
    value: ({ in_flight, queued }) => queued > 0 ? `${in_flight}+${queued}` : String(in_flight),
    right: true,
  },
  { title: "HEAP", value: ({ heap_bytes }) => bytesText(heap_bytes), right: true },
  { title: "RESTARTS", value: ({ restarts_total }) => String(restarts_total), right: true },
  {
    title: "UP",
    value: ({ uptime_seconds }) => uptime_seconds > 0 ? durationText(uptime_seconds * 1000) : "-",
    right: true,
  },
];

export const command = onlineCommand({
  doc: {
    name: "apps",
    summary: "List the apps, or show one",
    description: ["Lists the apps with their state and figures; with a name it shows that app in full."],
    arguments: [SOME_APP],
    examples: [
      { command: "nano apps", meaning: "a table" },
      { command: "nano apps shop", meaning: "all about one app" },
      { command: "nano apps --json | jq -r '.apps[] | select(.state == \"failed\").name'", meaning: "for a program" },
    ],
  },
  options: [JSON_OPTION, { name: "watch", value: null, summary: "show it anew every two seconds, until Ctrl+C" }],
  run: async (online) => {
    const { line, io } = online;
    if (!line.flag("watch")) {
      for (const text of await page(online)) io.out(text);
      return 0;
    }
    return await follow(online, async (present, { signal }) => {
      while (!signal.aborted) {
        const lines = await page(present);
        // Without a terminal each page stands by itself, after an empty line.
        io.out((io.terminal ? CLEAR : "") + lines.join("\n") + (line.flag("json") || io.terminal ? "" : "\n"));
        await pause(WATCH_MS, signal);
      }
    });
  },
});

async function page({ line, io, client }: Online): Promise<readonly string[]> {
  const name = line.argument("APP");
  if (name !== null) {
    const app = await client.app(name);
    return line.flag("json") ? [JSON.stringify(app)] : detailLines(app, io);
  }
  const list = await client.apps();
  return line.flag("json") ? [JSON.stringify(list)] : listLines(list, io);
}

function listLines({ apps, set_aside }: AppList, io: CliIo): readonly string[] {
  const color = wantsColor(io);
  if (apps.length === 0) return ["There are no apps. Add one to nano.json, or: nano deploy FOLDER"];
  const failed = apps.filter(({ error }) => error !== null);
  return [
    ...tableLines(apps, COLUMNS, { columns: io.columns, color }),
    ...failed.length > 0 ? [""] : [],
    ...failed.map(({ name, error }) =>
      paint(`${name}: ${firstLine(error!)} (nano apps ${name} tells more)`, "red", color)
    ),
    ...set_aside.length > 0 ? ["", "Kept changes that are not in force:"] : [],
    ...set_aside.flatMap(({ app, reasons }) => reasons.map((reason) => `  ${app}: ${reason}`)),
  ];
}

function detailLines(app: AppDetail, io: CliIo): readonly string[] {
  const facts = appFacts(app);
  const width = Math.max(...facts.map(([title]) => title.length));
  const color = wantsColor(io);
  return facts.map(([title, text]) => {
    const style = title === "state" ? stateStyle(app.state) : title === "error" ? "red" as const : null;
    const indented = text.replaceAll("\n", `\n${" ".repeat(width + 2)}`);
    return `${paint(title.padEnd(width), "dim", color)}  ${paint(indented, style, color)}`;
  });
}

/** A crash loop with how long it is: `crash_loop 7x`. */
function stateText({ state, crashes }: AppView): string {
  return state === "crash_loop" ? `${state} ${crashes}x` : state;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
