/** A process that runs SQL of apps: one call after the other, from its pipe to its thread and back. */
import { frameLength, LENGTH_BYTES, MEMORY_EXIT_CODE, PipeReader } from "./sql_messages.ts";

/** What a query may take; without any, the process has some 60 MB. */
const MAX_MEMORY_BYTES = 448 * 1024 * 1024;
/** Rows come at a few 100 MB a second. */
const LOOK_MS = 50;

const worker = new Worker(new URL("./sql_worker.ts", import.meta.url), { type: "module", name: "nano-sql" });
const out = Deno.stdout.writable.getWriter();
let look: ReturnType<typeof setInterval> | undefined;

worker.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
  clearInterval(look);
  out.write(data).catch(() => Deno.exit(1));
};
worker.onerror = () => Deno.exit(1);
worker.postMessage(Deno.args[0]!);

const pipe = new PipeReader(Deno.stdin.readable);
for (;;) {
  const length = await pipe.take(LENGTH_BYTES);
  const frame = length === null ? null : await pipe.take(frameLength(length));
  // The host is gone, perhaps while a query runs that never ends. All that was acknowledged is on the disk.
  if (frame === null) Deno.exit(0);
  worker.postMessage(frame, [frame!.buffer as ArrayBuffer]);
  clearInterval(look);
  look = setInterval(() => {
    if (Deno.memoryUsage().rss > MAX_MEMORY_BYTES) Deno.exit(MEMORY_EXIT_CODE);
  }, LOOK_MS);
}
