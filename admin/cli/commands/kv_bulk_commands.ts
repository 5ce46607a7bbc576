/** `nano kv bulk`: many keys of a KV namespace at once, from files as wrangler has them. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { KvBulk, KvBulkPut } from "../../schemas/kv_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { KV_OPTIONS, kvCheck, namespaceOf } from "../online/kv_choice.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import { ProgressLine } from "../terminal/progress.ts";

const FILE = { name: "FILE", required: true, completes: "file" } as const;
const JSON_AND_NAMESPACE = [...KV_OPTIONS, JSON_OPTION];
/** Of one request; the admin API takes 10,000 keys in 40 MiB. */
const KEYS_A_CALL = 1000;
const CHARS_A_CALL = 30 * 1024 * 1024;
/** As Workers allow. */
const KEYS_A_GET = 100;

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "kv bulk put": onlineCommand({
    doc: {
      name: "kv bulk put",
      summary: "Put many values into a KV namespace",
      description: [
        "FILE holds a list of { key, value, expiration?, expiration_ttl?, metadata?, base64? }, as JSON; - is stdin. What " +
        "is refused is named; the rest is put.",
      ],
      arguments: [FILE],
      examples: [{ command: "nano kv bulk put entries.json --namespace cache", meaning: "all of a file" }],
    },
    options: JSON_AND_NAMESPACE,
    check: kvCheck,
    run: async (online) => {
      const entries = await listIn(online, "entries to put") as KvBulkPut;
      const namespace = await namespaceOf(online);
      const outcome = await inParts(
        online,
        partsOf(entries, KEYS_A_CALL, (entry) => JSON.stringify(entry).length),
        (part) => online.client.kv.putBulk(namespace, part),
      );
      return told(online, outcome, `Put ${keysText(outcome.done)} into KV namespace "${namespace}"`);
    },
  }),
  "kv bulk get": onlineCommand({
    doc: {
      name: "kv bulk get",
      summary: "Print many values of a KV namespace",
      description: [
        "FILE holds a list of keys, as JSON; - is stdin. Prints one JSON object with each key's text, null where there is " +
        'none, and { "base64": … } for bytes that are no text.',
      ],
      arguments: [FILE],
      examples: [{ command: "nano kv bulk get keys.json --namespace cache", meaning: "values by key" }],
    },
    options: KV_OPTIONS,
    check: kvCheck,
    run: async (online) => {
      const keys = keysOf(await listIn(online, "keys"));
      const namespace = await namespaceOf(online);
      const found: [string, unknown][] = [];
      for (const part of partsOf(keys, KEYS_A_GET, () => 0)) {
        for (const { key, value, base64 } of await online.client.kv.getBulk(namespace, part)) {
          found.push([key, base64 ? { base64: value } : value]);
        }
      }
      return outJson(online.io, Object.fromEntries(found));
    },
  }),
  "kv bulk delete": onlineCommand({
    doc: {
      name: "kv bulk delete",
      summary: "Delete many keys of a KV namespace",
      description: [
        "FILE holds a list of keys, as JSON; - is stdin. It asks first; without a terminal it wants --yes.",
      ],
      arguments: [FILE],
      examples: [{ command: "nano kv bulk delete keys.json --namespace cache --yes", meaning: "in a script" }],
    },
    options: [...JSON_AND_NAMESPACE, { name: "yes", value: null, summary: "do not ask" }],
    check: kvCheck,
    run: async (online) => {
      const { line, io } = online;
      const keys = keysOf(await listIn(online, "keys"));
      const namespace = await namespaceOf(online);
      if (!line.flag("yes")) {
        const answer = io.ask(`Delete ${keysText(keys.length)} of KV namespace "${namespace}"? [y/N]`);
        if (answer === null) throw new CliError("USAGE", "Cannot ask whether to delete these keys: give --yes");
        if (!/^y(es)?$/i.test(answer.trim())) {
          io.err("nano: Nothing was deleted");
          return 1;
        }
      }
      const outcome = await inParts(
        online,
        partsOf(keys, KEYS_A_CALL, () => 0),
        (part) => online.client.kv.deleteBulk(namespace, part),
      );
      return told(online, outcome, `Deleted ${keysText(outcome.done)} of KV namespace "${namespace}"`);
    },
  }),
};

async function inParts<Item>(
  { line, io }: Online,
  parts: readonly (readonly Item[])[],
  send: (part: Item[]) => Promise<KvBulk>,
): Promise<KvBulk> {
  using progress = new ProgressLine(io, { quiet: line.flag("json") });
  const whole: KvBulk = { done: 0, failed: [] };
  for (const part of parts) {
    progress.update(`${whole.done} keys …`);
    const { done, failed } = await send([...part]);
    whole.done += done;
    whole.failed.push(...failed);
  }
  return whole;
}

function told({ line, io }: Online, outcome: KvBulk, text: string): number {
  if (line.flag("json")) outJson(io, outcome);
  else {
    io.out(text);
    for (const { key, error } of outcome.failed) io.err(`nano: "${key}": ${error}`);
  }
  return outcome.failed.length === 0 ? 0 : 1;
}

/** @throws {CliError} USAGE when the file holds no list */
async function listIn({ line, io }: Online, what: string): Promise<readonly unknown[]> {
  const path = line.required("FILE");
  try {
    const text = path === "-" ? await io.stdin() : await Deno.readTextFile(resolve(io.cwd, path));
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${path}": ${messageOf(error)}`);
  }
  throw new CliError("USAGE", `Cannot use "${path}": expected a JSON list of ${what}`);
}

/** Names, or objects with one as `nano kv key list --json` prints them. */
function keysOf(list: readonly unknown[]): string[] {
  return list.map((item) => {
    const { name, key } = (typeof item === "object" ? item ?? {} : {}) as { name?: unknown; key?: unknown };
    const found = typeof item === "string" ? item : name ?? key;
    if (typeof found === "string") return found;
    throw new CliError("USAGE", `Cannot use ${JSON.stringify(item)}: expected the name of a key`);
  });
}

function partsOf<Item>(items: readonly Item[], most: number, charsOf: (item: Item) => number): Item[][] {
  const parts: Item[][] = [];
  let chars = Infinity;
  for (const item of items) {
    const own = charsOf(item);
    if (chars + own > CHARS_A_CALL || parts.at(-1)!.length >= most) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)!.push(item);
    chars += own;
  }
  return parts;
}

function keysText(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`;
}
