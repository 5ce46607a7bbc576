/// <reference lib="deno.worker" />
/** The thread that writes apps' files: hashing gigabytes delays neither the front door nor the data thread. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.ts";
import type { FileAnswer, FileAsk } from "./file_messages.ts";
import { FileWriter } from "./file_writer.ts";

let folder = "";
const writers = new Map<number, FileWriter>();

function tell(answer: FileAnswer): void {
  self.postMessage(answer);
}

self.onmessage = ({ data }: MessageEvent<{ readonly folder: string } | readonly FileAsk[]>) => {
  if (Array.isArray(data)) { for (const ask of data as readonly FileAsk[]) take(ask); }
  else folder = (data as { readonly folder: string }).folder;
};

function take(ask: FileAsk): void {
  const { id } = ask;
  if (ask.ask === "begin") {
    const path = join(folder, ask.path);
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    } catch (error) {
      tell({ id, error: messageOf(error) });
      return;
    }
    writers.set(
      id,
      new FileWriter(path, ask.digests, {
        onWritten: (written) => tell({ id, written }),
        onDone: (digests) => {
          writers.delete(id);
          tell({ id, digests });
        },
        onFailed: (error) => {
          writers.delete(id);
          tell({ id, error: messageOf(error) });
        },
      }),
    );
    return;
  }
  const writer = writers.get(id);
  if (ask.ask === "write") writer?.push(ask.bytes);
  else if (ask.ask === "end") writer?.end();
  else {
    writer?.drop();
    writers.delete(id);
  }
}
