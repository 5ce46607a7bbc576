/** `nano backup` and `nano restore`: all data of an app or of all apps in one file, and back. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { BackupDownload } from "../../client/backup_client.ts";
import type { BackupAnswer } from "../../schemas/backup_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { type Online, onlineCommand } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { barText, ProgressLine } from "../terminal/progress.ts";
import { bytesText } from "../../schemas/figures.ts";
import { timeText } from "../terminal/text_style.ts";

const FILE = { name: "FILE", required: true, completes: "file" } as const;
/** Stands for stdin and stdout where a file is named. */
const STREAM = "-";
const KIND_WORDS = {
  kv: "KV namespace",
  d1: "D1 database",
  r2: "R2 bucket",
  queue: "queue",
  storage: "localStorage of",
  deno_kv: "Deno.Kv of",
  files: "data/ of",
} as const;

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  backup: onlineCommand({
    doc: {
      name: "backup",
      summary: "Write all data of an app, or of all apps, into a file",
      description: [
        "Copies KV namespaces, D1 databases, R2 buckets, queues and localStorage while the apps go on, each as it is at one " +
        "moment, and the folder data of apps that Deno itself runs. FILE is a tar, - is stdout; one that exists is replaced when the new one is whole.",
      ],
      arguments: [FILE],
      examples: [
        { command: "nano backup nano.backup", meaning: "all data" },
        { command: "nano backup shop.backup --app shop", meaning: "those of one app" },
        { command: "nano backup - | gzip > nano.backup.gz", meaning: "compressed" },
      ],
    },
    options: [
      { name: "app", value: "APP", summary: "only the data of this app", completes: "app" },
      { name: "quiet", value: null, summary: "no progress" },
    ],
    run: takeBackup,
  }),
  restore: shortCommand({
    doc: {
      name: "restore",
      summary: "Put the data of a backup in the place of those that there are",
      description: [
        "Takes the whole backup in and checks all of it first; then all of its stores are exchanged at once, while the " +
        "apps go on. Stores that it does not have stay as they are. When it fails, nothing has changed. On a terminal it " +
        "asks first.",
      ],
      arguments: [FILE],
      examples: [
        { command: "nano restore nano.backup", meaning: "all that it has" },
        { command: "nano restore nano.backup --app shop", meaning: "only the stores of one app" },
        { command: "nano restore nano.backup --check", meaning: "looks whether it is whole" },
      ],
    },
    options: [
      { name: "app", value: "APP", summary: "only the stores of this app", completes: "app" },
      { name: "check", value: null, summary: "check the backup, and change nothing" },
      { name: "yes", value: null, summary: "do not ask" },
    ],
    ask: async (online) => isMeant(online) ? await sendBackup(online) : null,
    tell: ({ restored, ...view }) => [
      `${restored ? "Restored" : "The backup is whole, and would restore"} ${contentText(view)}, ` +
      `as of ${timeText(view.created_at)}`,
      ...view.stores.map(({ kind, name, bytes }) => `  ${KIND_WORDS[kind]} "${name}" (${bytesText(bytes)})`),
    ],
  }),
};

async function takeBackup({ line, io, client }: Online): Promise<number> {
  const path = line.required("FILE");
  using progress = new ProgressLine(io, { quiet: line.flag("quiet") });
  progress.step("Copying the stores …");
  const download = await client.backups.take(line.text("app"));
  if (path === STREAM) {
    for await (const chunk of download.stream) io.outBytes(chunk);
    return 0;
  }
  const target = resolve(io.cwd, path);
  const part = `${target}.part`;
  try {
    await write(download, part, progress);
    await Deno.rename(part, target);
  } catch (error) {
    await download.stream.cancel().catch(() => {});
    await Deno.remove(part).catch(() => {});
    throw new CliError("INTERNAL", `Cannot write the backup "${path}": ${messageOf(error)}`);
  }
  progress.update("");
  io.out(`Wrote ${path} (${bytesText(download.bytes)})`);
  return 0;
}

async function write({ bytes, stream }: BackupDownload, path: string, progress: ProgressLine): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  let written = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
    written += chunk.byteLength;
    progress.update(`${barText(written / bytes)}  ${bytesText(written)}`);
  }
  if (written !== bytes) throw new Error(`it ended after ${written} of ${bytes} bytes`);
  await file.sync();
}

async function sendBackup({ line, io, client }: Online) {
  const path = line.required("FILE");
  using progress = new ProgressLine(io, { quiet: line.flag("json") });
  const app = line.text("app");
  const options = { dryRun: line.flag("check"), ...app === null ? {} : { app } };
  if (path === STREAM) return await client.backups.restore(io.stdinBytes(), options);
  const { stream, size } = await opened(path, resolve(io.cwd, path));
  progress.step(`Sending ${path}, ${bytesText(size)}`);
  let sent = 0;
  const counted = stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        sent += chunk.byteLength;
        progress.update(`${barText(sent / size)}  ${bytesText(sent)}`);
      },
      flush: () => progress.step("Checking …"),
    }),
  );
  return await client.backups.restore(counted, options);
}

async function opened(shown: string, path: string) {
  try {
    const { size } = await Deno.stat(path);
    return { size, stream: (await Deno.open(path)).readable };
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${shown}": ${messageOf(error)}`);
  }
}

/** Whether data shall really be replaced. A script that has no terminal means what it says. */
function isMeant({ line, io }: Online): boolean {
  if (line.flag("yes") || line.flag("check")) return true;
  const app = line.text("app");
  const whose = app === null ? "The data of all apps that it has" : `The data of app "${app}"`;
  const answer = io.ask(`${whose} are replaced by those of "${line.required("FILE")}". Go on? [y/N]`);
  if (answer === null || /^y(es)?$/i.test(answer.trim())) return true;
  io.err("nano: Nothing was restored");
  return false;
}

function contentText({ stores, objects }: BackupAnswer): string {
  const count = stores.length === 1 ? "1 store" : `${stores.length} stores`;
  if (objects.files === 0) return count;
  return `${count} with ${objects.files} ${objects.files === 1 ? "file" : "files"} of objects (${
    bytesText(objects.bytes)
  })`;
}
