/** `nano queue`: looks at queues and their messages. */
import type { QueueAnswer, QueueMessageAnswer } from "../../schemas/queue_schemas.ts";
import type { Command } from "../line/command.ts";
import type { CommandLine } from "../line/command_line.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { bytesText } from "../../schemas/figures.ts";
import { harmless, timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const QUEUE = { name: "QUEUE", required: true } as const;
const PAGE = 100;
/** Messages that are shown unless more are asked for. */
const SHOWN = 10;
/** Of each body. */
const SHOWN_BYTES = 1024;
const MAX_BODY_BYTES = 128_000;

const QUEUE_COLUMNS: readonly Column<QueueAnswer>[] = [
  { title: "QUEUE", value: ({ name }) => name },
  { title: "MESSAGES", value: ({ messages }) => String(messages), right: true },
  { title: "DELAYED", value: ({ delayed }) => String(delayed), right: true },
  { title: "LEASED", value: ({ leased }) => String(leased), right: true },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "QUOTA", value: ({ max_bytes }) => bytesText(max_bytes), right: true },
  { title: "OLDEST", value: ({ oldest }) => oldest === null ? "-" : timeText(oldest) },
  { title: "CONSUMER", value: ({ consumer }) => consumer ?? "-" },
  { title: "PRODUCERS", value: producersText, shrinks: true },
];

const MESSAGE_COLUMNS: readonly Column<QueueMessageAnswer>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "SENT", value: ({ sent }) => timeText(sent) },
  { title: "FAILURES", value: ({ failures }) => String(failures), right: true },
  { title: "FROM", value: ({ origin }) => origin ?? "-" },
  { title: "TYPE", value: ({ content_type }) => content_type },
  { title: "SIZE", value: ({ size }) => bytesText(size), right: true },
  { title: "BODY", value: bodyText, shrinks: true },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "queue list": shortCommand({
    doc: {
      name: "queue list",
      summary: "List the queues",
      description: [
        "Lists the queues with what waits in them, what they may hold, who consumes them and who sends to them.",
      ],
      arguments: [],
      examples: [{ command: "nano queue list", meaning: "a table" }],
    },
    ask: ({ client }) => client.queues.list(),
    tell: (queues, { io }) =>
      queues.length === 0
        ? ['There are no queues. "bindings": { "JOBS": { "queue": "jobs" } } gives an app one']
        : tableLines(queues, QUEUE_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
  }),
  "queue info": shortCommand({
    doc: {
      name: "queue info",
      summary: "Show a queue",
      description: ["Shows what waits in a queue, who sends to it, who consumes it, and where its dead letters go."],
      arguments: [QUEUE],
      examples: [{ command: "nano queue info jobs", meaning: "its figures" }],
    },
    ask: ({ line, client }) => client.queues.info(line.required("QUEUE")),
    tell: infoLines,
  }),
  "queue peek": onlineCommand({
    doc: {
      name: "queue peek",
      summary: "Look at the messages of a queue",
      description: [
        `Shows the oldest messages, ${SHOWN} unless --limit says otherwise; they stay where they are. Bodies are cut ` +
        `after ${SHOWN_BYTES} bytes, or after --bytes; those of types bytes and v8 are shown as base64.`,
      ],
      arguments: [QUEUE],
      examples: [
        { command: "nano queue peek jobs", meaning: "the ten oldest" },
        { command: "nano queue peek dead --limit 1000 --json", meaning: "for a program" },
      ],
    },
    options: [
      { name: "limit", value: "N", summary: "at most so many messages" },
      { name: "bytes", value: "N", summary: "so many of each body" },
      JSON_OPTION,
    ],
    check: peekCheck,
    run: peekQueue,
  }),
};

function infoLines(queue: QueueAnswer): string[] {
  const { messages, bytes, delayed, leased, oldest } = queue;
  const rows = [
    ["Queue", queue.name],
    ["Messages", `${messages} (${bytesText(bytes)}), ${delayed} delayed, ${leased} leased`],
    ["Oldest", oldest === null ? "-" : timeText(oldest)],
    ["On the disk", bytesText(queue.stored_bytes)],
    ["Producers", producersText(queue)],
    ["Consumer", queue.consumer ?? "none"],
    ["Dead letters go to", queue.dead_letter_queue ?? (queue.consumer === null ? "-" : "nowhere: they are deleted")],
    ["Dead letters of", queue.dead_letters_of.join(", ") || "-"],
  ];
  return rows.map(([title, text]) => `${`${title}:`.padEnd(21)}${harmless(text!)}`);
}

function producersText({ producers }: QueueAnswer): string {
  return producers.map(({ app, binding }) => `${app} (${binding})`).join(", ") || "-";
}

function bodyText({ body, base64, cut }: QueueMessageAnswer): string {
  return `${base64 && body !== "" ? "base64:" : ""}${body}${cut ? "…" : ""}`;
}

function peekCheck(line: CommandLine) {
  const limit = line.whole("limit", { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? SHOWN;
  return { limit, bodyBytes: line.whole("bytes", { min: 0, max: MAX_BODY_BYTES }) ?? SHOWN_BYTES };
}

async function peekQueue({ line, io, client }: Online): Promise<number> {
  const queue = line.required("QUEUE");
  const { limit: most, bodyBytes } = peekCheck(line);
  const found: QueueMessageAnswer[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE, most - found.length);
    const page = await client.queues.peek(queue, { limit, bodyBytes, ...cursor === null ? {} : { cursor } });
    found.push(...page.messages);
    cursor = page.cursor;
  } while (cursor !== null && found.length < most);
  if (line.flag("json")) return outJson(io, found);
  if (found.length === 0) io.out(`Queue "${queue}" has no messages`);
  else {
    const options = { columns: io.columns, color: wantsColor(io) };
    for (const text of tableLines(found, MESSAGE_COLUMNS, options)) io.out(text);
  }
  if (cursor !== null) io.err(`There are more than these ${found.length}: --limit N shows N of them`);
  return 0;
}
