/** `nano kv namespace` and `nano kv key`: looks at KV namespaces, and changes single keys. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { KvNamespace } from "../../schemas/kv_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { KV_OPTIONS, kvCheck, namespaceOf } from "../online/kv_choice.ts";
import { shortCommand } from "../online/short_command.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { bytesText } from "../../schemas/figures.ts";
import { timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const KEY = { name: "KEY", required: true } as const;
/** Keys that a table shows unless more are asked for. */
const SHOWN_KEYS = 1000;
const PAGE = 1000;
/** Stands for stdin where a file is named. */
const STDIN = "-";

const NAMESPACE_COLUMNS: readonly Column<KvNamespace>[] = [
  { title: "NAMESPACE", value: ({ name }) => name },
  { title: "KEYS", value: ({ keys, has_more_keys }) => `${keys}${has_more_keys ? "+" : ""}`, right: true },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "QUOTA", value: ({ max_bytes }) => bytesText(max_bytes), right: true },
  {
    title: "USED BY",
    value: ({ uses }) => uses.map(({ app, binding }) => `${app} (${binding})`).join(", ") || "no app",
    shrinks: true,
  },
];

interface ShownKey {
  readonly name: string;
  readonly expiration: number | null;
  readonly metadata?: unknown;
}

const KEY_COLUMNS: readonly Column<ShownKey>[] = [
  { title: "KEY", value: ({ name }) => name, shrinks: true },
  { title: "EXPIRES", value: ({ expiration }) => expiration === null ? "-" : endText(expiration) },
  {
    title: "METADATA",
    value: ({ metadata = null }) => metadata === null ? "-" : JSON.stringify(metadata),
    shrinks: true,
  },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "kv namespace list": shortCommand({
    doc: {
      name: "kv namespace list",
      summary: "List the KV namespaces",
      description: [
        "Lists the KV namespaces with their keys, their sizes, what they may hold, and the apps that use them.",
      ],
      arguments: [],
      examples: [{ command: "nano kv namespace list", meaning: "a table" }],
    },
    ask: ({ client }) => client.kv.namespaces(),
    tell: (namespaces, { io }) =>
      namespaces.length === 0
        ? ['There are no KV namespaces. "bindings": { "CACHE": { "kv": "cache" } } gives an app one']
        : tableLines(namespaces, NAMESPACE_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
  }),
  "kv key list": onlineCommand({
    doc: {
      name: "kv key list",
      summary: "List the keys of a KV namespace",
      description: [
        `Lists keys in the order of their bytes, ${SHOWN_KEYS} of them unless --limit says otherwise; with --json all.`,
      ],
      arguments: [],
      examples: [
        { command: "nano kv key list --namespace cache --prefix user:", meaning: "those that begin with user:" },
        { command: "nano kv key list --binding CACHE --app shop --json", meaning: "all, for a program" },
      ],
    },
    options: [
      ...KV_OPTIONS,
      { name: "prefix", value: "TEXT", summary: "only keys that begin with it" },
      { name: "limit", value: "N", summary: "at most so many keys" },
      JSON_OPTION,
    ],
    check: (line) => [kvCheck(line), line.whole("limit", { min: 1, max: Number.MAX_SAFE_INTEGER })],
    run: listKeys,
  }),
  "kv key get": onlineCommand({
    doc: {
      name: "kv key get",
      summary: "Print a value of a KV namespace",
      description: ["Writes the value to stdout byte for byte; on a terminal a line's end follows."],
      arguments: [KEY],
      examples: [
        { command: "nano kv key get greeting --namespace cache", meaning: "prints it" },
        { command: "nano kv key get logo --namespace cache > logo.png", meaning: "into a file" },
      ],
    },
    options: KV_OPTIONS,
    check: kvCheck,
    run: async (online) => {
      const { line, io, client } = online;
      const { value } = await client.kv.get(await namespaceOf(online), line.required("KEY"));
      io.outBytes(value);
      if (io.terminal && value.at(-1) !== 10) io.out("");
      return 0;
    },
  }),
  "kv key put": shortCommand({
    doc: {
      name: "kv key put",
      summary: "Put a value into a KV namespace",
      description: ["Puts VALUE, or what a file holds, or what comes on stdin; bytes of any kind."],
      arguments: [KEY, { name: "VALUE", required: false }],
      examples: [
        { command: "nano kv key put greeting hello --namespace cache", meaning: "a text" },
        { command: "nano kv key put logo --path logo.png --binding CACHE --app shop", meaning: "a file" },
        { command: "nano kv key put page --namespace cache --ttl 3600 < page.html", meaning: "stdin, for an hour" },
      ],
    },
    options: [
      ...KV_OPTIONS,
      { name: "path", value: "FILE", summary: "take the value from a file; - is stdin", completes: "file" },
      { name: "ttl", value: "SECONDS", summary: "forget it after so long, at least 60" },
      { name: "expiration", value: "SECONDS", summary: "forget it at this time, in seconds since the epoch" },
      { name: "metadata", value: "JSON", summary: "keep this beside it" },
    ],
    check: putCheck,
    ask: async (online) => {
      const { line, client } = online;
      const { ttl, expiration, metadata } = putCheck(online.line);
      const namespace = await namespaceOf(online);
      const key = line.required("KEY");
      await client.kv.put(namespace, key, await valueOf(online), {
        ...ttl === null ? {} : { expirationTtl: ttl },
        ...expiration === null ? {} : { expiration },
        ...metadata === undefined ? {} : { metadata },
      });
      return { namespace, key };
    },
    tell: ({ namespace, key }) => [`Put "${key}" into KV namespace "${namespace}"`],
  }),
  "kv key delete": shortCommand({
    doc: {
      name: "kv key delete",
      summary: "Delete a key of a KV namespace",
      description: ["Deletes a key with its value; one that does not exist is no mistake."],
      arguments: [KEY],
      examples: [{ command: "nano kv key delete greeting --namespace cache", meaning: "it is gone" }],
    },
    options: KV_OPTIONS,
    check: kvCheck,
    ask: async (online) => {
      const namespace = await namespaceOf(online);
      const key = online.line.required("KEY");
      await online.client.kv.delete(namespace, key);
      return { namespace, key };
    },
    tell: ({ namespace, key }) => [`Deleted "${key}" of KV namespace "${namespace}"`],
  }),
};

async function listKeys(online: Online): Promise<number> {
  const { line, io, client } = online;
  const namespace = await namespaceOf(online);
  const isJson = line.flag("json");
  const most = line.whole("limit", { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? (isJson ? Infinity : SHOWN_KEYS);
  const prefix = line.text("prefix") ?? "";
  const found: ShownKey[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE, most - found.length);
    const page = await client.kv.keys(namespace, { prefix, limit, ...cursor === null ? {} : { cursor } });
    found.push(...page.keys);
    cursor = page.cursor;
  } while (cursor !== null && found.length < most);
  if (isJson) return outJson(io, found);
  if (found.length === 0) io.out(`KV namespace "${namespace}" has no ${prefix === "" ? "keys" : "such keys"}`);
  else for (const text of tableLines(found, KEY_COLUMNS, { columns: io.columns, color: wantsColor(io) })) io.out(text);
  if (cursor !== null) io.err(`There are more than these ${found.length}: --limit N shows N of them`);
  return 0;
}

/** @throws {CliError} USAGE */
function putCheck(line: Parameters<typeof kvCheck>[0]) {
  kvCheck(line);
  if (line.argument("VALUE") !== null && line.text("path") !== null) {
    throw new CliError("USAGE", "VALUE and --path exclude each other");
  }
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const written = line.text("metadata");
  try {
    return {
      ttl: line.whole("ttl", range),
      expiration: line.whole("expiration", range),
      metadata: written === null ? undefined : JSON.parse(written) as unknown,
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CliError("USAGE", `Option "--metadata" needs JSON, not "${written}"`);
  }
}

async function valueOf({ line, io }: Online): Promise<BodyInit> {
  const text = line.argument("VALUE");
  if (text !== null) return text;
  const path = line.text("path") ?? STDIN;
  if (path === STDIN) return io.stdinBytes();
  try {
    return await Deno.readFile(resolve(io.cwd, path));
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${path}": ${messageOf(error)}`);
  }
}

function endText(seconds: number): string {
  const end = new Date(seconds * 1000);
  return Number.isNaN(end.getTime()) ? String(seconds) : timeText(end.toISOString());
}
