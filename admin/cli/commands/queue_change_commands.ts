/** `nano queue`: sends to queues, purges them, puts dead letters back. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { QueueRetried, QueueSendBody } from "../../schemas/queue_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import type { CommandLine } from "../line/command_line.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import type { CliIo } from "../terminal/cli_io.ts";

const QUEUE = { name: "QUEUE", required: true } as const;
/** Ids that the API takes at once. */
const IDS_A_CALL = 1000;
/** Stands for stdin where a file is named. */
const STDIN = "-";
const TYPES = ["json", "text", "bytes"] as const;

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "queue send": shortCommand({
    doc: {
      name: "queue send",
      summary: "Send a message to a queue",
      description: [
        "Sends what --body says, or what a file holds, or what comes on stdin: JSON unless --type is given.",
      ],
      arguments: [QUEUE],
      examples: [
        { command: `nano queue send jobs --body '{"id":7}'`, meaning: "JSON, as apps send it" },
        { command: "nano queue send jobs --type bytes --file logo.png --delay 60", meaning: "bytes, in a minute" },
      ],
    },
    options: [
      { name: "body", value: "TEXT", summary: "the body" },
      { name: "file", value: "FILE", summary: "take the body from a file; - is stdin", completes: "file" },
      { name: "type", value: "TYPE", summary: "json, text or bytes", completes: TYPES },
      { name: "delay", value: "SECONDS", summary: "deliver it so much later" },
    ],
    check: sendCheck,
    ask: async ({ line, io, client }) => {
      const { type, delay } = sendCheck(line);
      const queue = line.required("QUEUE");
      const body = bodyOf(type, await bytesOf(line, io));
      await client.queues.send(queue, { ...body, ...delay === null ? {} : { delay_seconds: delay } });
      return { queue };
    },
    tell: ({ queue }) => [`Sent a message to queue "${queue}"`],
  }),
  "queue purge": shortCommand({
    doc: {
      name: "queue purge",
      summary: "Delete all messages of a queue",
      description: [
        "Deletes all messages, also those that a consumer has; asks first; without a terminal it wants --yes.",
      ],
      arguments: [QUEUE],
      examples: [{ command: "nano queue purge dead --yes", meaning: "in a script" }],
    },
    options: [
      { name: "yes", value: null, summary: "do not ask" },
      // As wrangler has it.
      { name: "force", value: null, summary: "the same", hidden: true },
    ],
    ask: async (online) =>
      await isMeant(online) ? await online.client.queues.purge(online.line.required("QUEUE")) : null,
    tell: ({ queue, messages }) => [`Deleted ${messagesText(messages)} of queue "${queue}"`],
  }),
  "queue retry": onlineCommand({
    doc: {
      name: "queue retry",
      summary: "Put dead letters back into the queues they came from",
      description: [
        "QUEUE is a dead letter queue. Messages keep their ids and are delivered anew, with all their retries; after a " +
        "kill in between one may be delivered twice, and none is lost.",
      ],
      arguments: [QUEUE, { name: "ID", required: false, repeats: true }],
      examples: [
        { command: "nano queue retry dead --all", meaning: "all that are there" },
        { command: "nano queue retry dead 0f6c…", meaning: "one, by its id" },
      ],
    },
    options: [{ name: "all", value: null, summary: "all that are there" }, JSON_OPTION],
    check: retryCheck,
    run: retryLetters,
  }),
};

/** @throws {CliError} USAGE */
function sendCheck(line: CommandLine) {
  if (line.text("body") !== null && line.text("file") !== null) {
    throw new CliError("USAGE", "--body and --file exclude each other");
  }
  const written = line.text("type") ?? "json";
  const type = TYPES.find((one) => one === written);
  if (type === undefined) throw new CliError("USAGE", `Option "--type" needs json, text or bytes, not "${written}"`);
  return { type, delay: line.whole("delay", { min: 0, max: Number.MAX_SAFE_INTEGER }) };
}

async function bytesOf(line: CommandLine, io: CliIo): Promise<Uint8Array> {
  const text = line.text("body");
  if (text !== null) return new TextEncoder().encode(text);
  const path = line.text("file") ?? STDIN;
  if (path === STDIN) return await new Response(io.stdinBytes()).bytes();
  try {
    return await Deno.readFile(resolve(io.cwd, path));
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${path}": ${messageOf(error)}`);
  }
}

/** @throws {CliError} USAGE when the bytes are not of the type */
function bodyOf(type: typeof TYPES[number], bytes: Uint8Array): Pick<QueueSendBody, "body" | "content_type"> {
  if (type === "bytes") return { content_type: type, body: (bytes as Uint8Array & { toBase64(): string }).toBase64() };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: type === "text" }).decode(bytes);
    return { content_type: type, body: type === "text" ? text : JSON.parse(text) as unknown };
  } catch (error) {
    throw new CliError("USAGE", `The body is no ${type === "text" ? "text" : "JSON"}: ${messageOf(error)}`, [
      `--type text sends any text, --type bytes anything`,
    ]);
  }
}

/** Whether all messages shall really go. @throws {CliError} USAGE where nobody can be asked */
async function isMeant({ line, io, client }: Online): Promise<boolean> {
  if (line.flag("yes") || line.flag("force")) return true;
  const queue = line.required("QUEUE");
  // Asked first: a wrong name is better told before the question than after it.
  const { messages } = await client.queues.info(queue);
  const answer = io.ask(`Delete all messages of queue "${queue}" (${messages} now)? [y/N]`);
  if (answer === null) throw new CliError("USAGE", `Cannot ask whether to purge queue "${queue}": give --yes`);
  const isYes = /^y(es)?$/i.test(answer.trim());
  if (!isYes) io.err("nano: Nothing was deleted");
  return isYes;
}

/** @throws {CliError} USAGE */
function retryCheck(line: CommandLine): readonly string[] | null {
  const ids = line.all("ID");
  if (line.flag("all") === ids.length > 0) {
    throw new CliError(
      "USAGE",
      ids.length > 0 ? "IDs and --all exclude each other" : "Which dead letters? Give their IDs, or --all",
    );
  }
  return ids.length === 0 ? null : ids;
}

async function retryLetters({ line, io, client }: Online): Promise<number> {
  const queue = line.required("QUEUE");
  const ids = retryCheck(line);
  const whole: QueueRetried = { done: 0, left: { missing: 0, no_dead_letter: 0, leased: 0, in_origin: 0 } };
  const parts = ids === null ? [null] : chunks(ids, IDS_A_CALL);
  for (const part of parts) {
    const { done, left } = await client.queues.retry(queue, part);
    whole.done += done;
    for (const reason of Object.keys(left) as (keyof typeof left)[]) whole.left[reason] += left[reason];
  }
  const { missing, no_dead_letter, leased, in_origin } = whole.left;
  if (line.flag("json")) outJson(io, whole);
  else {
    io.out(
      `Put ${messagesText(whole.done)} of queue "${queue}" back where ${whole.done === 1 ? "it" : "they"} came from`,
    );
    if (missing > 0) io.err(`nano: ${messagesText(missing)} not there`);
    if (no_dead_letter > 0) io.err(`nano: ${messagesText(no_dead_letter)} left: no dead letters`);
    if (leased > 0) io.err(`nano: ${messagesText(leased)} left: a consumer has them`);
    if (in_origin > 0) {
      io.err(`nano: ${messagesText(in_origin)} left: the queue they came from has them still, or again`);
    }
  }
  return missing + no_dead_letter + leased + in_origin === 0 ? 0 : 1;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function messagesText(count: number): string {
  return count === 1 ? "1 message" : `${count} messages`;
}
