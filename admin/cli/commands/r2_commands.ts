/** `nano r2`: looks at R2 buckets, gets, puts, deletes and lists objects. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { R2Bucket, R2ObjectAnswer } from "../../schemas/r2_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import type { CommandLine } from "../line/command_line.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { bytesText } from "../../schemas/figures.ts";
import { timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

/** As wrangler takes it. */
const PATH = { name: "BUCKET/KEY", required: true } as const;
/** Objects that a table shows unless more are asked for. */
const SHOWN = 1000;
const PAGE = 1000;
/** Stands for stdin where a file is named. */
const STDIN = "-";

const BUCKET_COLUMNS: readonly Column<R2Bucket>[] = [
  { title: "BUCKET", value: ({ name }) => name },
  {
    title: "OBJECTS",
    value: ({ objects, has_more_objects }) => `${objects}${has_more_objects ? "+" : ""}`,
    right: true,
  },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "QUOTA", value: ({ max_bytes }) => bytesText(max_bytes), right: true },
  {
    title: "USED BY",
    value: ({ uses }) => uses.map(({ app, binding }) => `${app} (${binding})`).join(", ") || "no app",
    shrinks: true,
  },
];

const OBJECT_COLUMNS: readonly Column<R2ObjectAnswer>[] = [
  { title: "KEY", value: ({ key }) => key, shrinks: true },
  { title: "SIZE", value: ({ size }) => bytesText(size), right: true },
  { title: "UPLOADED", value: ({ uploaded }) => timeText(uploaded) },
  { title: "TYPE", value: ({ http_metadata }) => String(http_metadata["contentType"] ?? "-"), shrinks: true },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "r2 bucket list": shortCommand({
    doc: {
      name: "r2 bucket list",
      summary: "List the R2 buckets",
      description: [
        "Lists the R2 buckets with their objects, their sizes, what they may hold, and the apps that use them.",
      ],
      arguments: [],
      examples: [{ command: "nano r2 bucket list", meaning: "a table" }],
    },
    ask: ({ client }) => client.r2.buckets(),
    tell: (buckets, { io }) =>
      buckets.length === 0
        ? ['There are no R2 buckets. "bindings": { "FILES": { "r2": "files" } } gives an app one']
        : tableLines(buckets, BUCKET_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
  }),
  "r2 object list": onlineCommand({
    doc: {
      name: "r2 object list",
      summary: "List the objects of an R2 bucket",
      description: [
        `Lists objects in the order of their keys' bytes, ${SHOWN} of them unless --limit says otherwise; with --json all.`,
      ],
      arguments: [{ name: "BUCKET", required: true }],
      examples: [{ command: "nano r2 object list files --prefix 2026/", meaning: "those that begin with 2026/" }],
    },
    options: [
      { name: "prefix", value: "TEXT", summary: "only keys that begin with it" },
      { name: "limit", value: "N", summary: "at most so many objects" },
      JSON_OPTION,
    ],
    check: (line) => line.whole("limit", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    run: listObjects,
  }),
  "r2 object get": onlineCommand({
    doc: {
      name: "r2 object get",
      summary: "Get an object of an R2 bucket",
      description: ["Writes the object into --file, or to stdout byte for byte."],
      arguments: [PATH],
      examples: [
        { command: "nano r2 object get files/logo.png --file logo.png", meaning: "into a file" },
        { command: "nano r2 object get files/a.txt", meaning: "prints it" },
      ],
    },
    options: [
      { name: "file", value: "FILE", summary: "write it there", completes: "file" },
      // As wrangler has it; here it is so anyway.
      { name: "pipe", value: null, summary: "write it to stdout", hidden: true },
    ],
    check: pathOf,
    run: getObject,
  }),
  "r2 object put": shortCommand({
    doc: {
      name: "r2 object put",
      summary: "Put an object into an R2 bucket",
      description: ["Puts what a file holds, or what comes on stdin; it is streamed, however long it is."],
      arguments: [PATH],
      examples: [
        { command: "nano r2 object put files/logo.png --file logo.png --content-type image/png", meaning: "a file" },
        { command: "nano r2 object put files/page.html < page.html", meaning: "stdin" },
      ],
    },
    options: [
      { name: "file", value: "FILE", summary: "take it from a file; - is stdin", completes: "file" },
      { name: "content-type", value: "TYPE", summary: "keep this media type beside it" },
      { name: "cache-control", value: "TEXT", summary: "keep this beside it" },
      { name: "pipe", value: null, summary: "take it from stdin", hidden: true },
    ],
    check: pathOf,
    ask: async ({ line, io, client }) => {
      const { bucket, key } = pathOf(line);
      const [contentType, cacheControl] = [line.text("content-type"), line.text("cache-control")];
      const object = await client.r2.put(bucket, key, await bodyOf(line, io), {
        ...contentType === null ? {} : { contentType },
        ...cacheControl === null ? {} : { cacheControl },
      });
      return { bucket, ...object };
    },
    tell: ({ bucket, key, size }) => [`Put "${key}" into R2 bucket "${bucket}": ${bytesText(size)}`],
  }),
  "r2 object delete": shortCommand({
    doc: {
      name: "r2 object delete",
      summary: "Delete an object of an R2 bucket",
      description: ["Deletes an object; one that does not exist is no mistake."],
      arguments: [PATH],
      examples: [{ command: "nano r2 object delete files/logo.png", meaning: "it is gone" }],
    },
    check: pathOf,
    ask: async ({ line, client }) => {
      const { bucket, key } = pathOf(line);
      await client.r2.delete(bucket, key);
      return { bucket, key };
    },
    tell: ({ bucket, key }) => [`Deleted "${key}" of R2 bucket "${bucket}"`],
  }),
};

/** @throws {CliError} USAGE */
function pathOf(line: CommandLine): { readonly bucket: string; readonly key: string } {
  const path = line.required("BUCKET/KEY");
  const at = path.indexOf("/");
  if (at <= 0 || at === path.length - 1) {
    throw new CliError("USAGE", `"${path}" names no object: expected BUCKET/KEY, as files/logo.png`);
  }
  return { bucket: path.slice(0, at), key: path.slice(at + 1) };
}

async function listObjects({ line, io, client }: Online): Promise<number> {
  const bucket = line.required("BUCKET");
  const isJson = line.flag("json");
  const most = line.whole("limit", { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? (isJson ? Infinity : SHOWN);
  const prefix = line.text("prefix") ?? "";
  const found: R2ObjectAnswer[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE, most - found.length);
    const page = await client.r2.objects(bucket, { prefix, limit, ...cursor === null ? {} : { cursor } });
    found.push(...page.objects);
    cursor = page.cursor;
  } while (cursor !== null && found.length < most);
  if (isJson) return outJson(io, found);
  if (found.length === 0) io.out(`R2 bucket "${bucket}" has no ${prefix === "" ? "objects" : "such objects"}`);
  else {
    for (const text of tableLines(found, OBJECT_COLUMNS, { columns: io.columns, color: wantsColor(io) })) io.out(text);
  }
  if (cursor !== null) io.err(`There are more than these ${found.length}: --limit N shows N of them`);
  return 0;
}

async function getObject({ line, io, client }: Online): Promise<number> {
  const { bucket, key } = pathOf(line);
  const path = line.text("file");
  const body = await client.r2.get(bucket, key);
  if (path === null || path === STDIN) {
    for await (const chunk of body) io.outBytes(chunk);
    return 0;
  }
  try {
    const file = await Deno.open(resolve(io.cwd, path), { create: true, truncate: true, write: true });
    await body.pipeTo(file.writable);
  } catch (error) {
    throw new CliError("INTERNAL", `Cannot write "${path}": ${messageOf(error)}`);
  }
  io.out(`Wrote "${key}" of R2 bucket "${bucket}" into ${path}`);
  return 0;
}

async function bodyOf(line: CommandLine, io: Online["io"]): Promise<BodyInit> {
  const path = line.text("file") ?? STDIN;
  if (path === STDIN) return io.stdinBytes();
  try {
    return (await Deno.open(resolve(io.cwd, path))).readable;
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${path}": ${messageOf(error)}`);
  }
}
