/**
 * A process that runs SQL of apps: its thread reads the pipe and answers, this one watches what a query may not do.
 * Its last two arguments are the folder of data and the process that started it.
 */
import { MEMORY_EXIT_CODE } from "./sql_messages.ts";
import { SqlOutbox } from "./sql_outbox.ts";
import { SqlWatch } from "./sql_watch.ts";

/** What a query may take; without any, the process has some 60 MB. */
const MAX_MEMORY_BYTES = 448 * 1024 * 1024;
/** Rows come at a few 100 MB a second. */
const LOOK_MS = 50;

const [folder, host] = Deno.args.slice(-2) as [string, string];
const watch = new SqlWatch();
const outbox = new SqlOutbox(Deno.stdout);
const worker = new Worker(new URL("./sql_worker.ts", import.meta.url), {
  type: "module",
  name: "nano-sql",
  deno: { permissions: { read: [folder], write: [folder] } },
});
// A compiled NANO starts with all permissions.
for (const name of ["run", "net", "env", "sys", "ffi", "write", "import"] as const) {
  Deno.permissions.revokeSync({ name });
}
let looks: ReturnType<typeof setInterval> | null = null;

worker.onmessage = ({ data }: MessageEvent<"running" | "gone">) => {
  // All that was acknowledged is on the disk.
  if (data === "gone") Deno.exit(0);
  watch.watch();
  looks ??= setInterval(look, LOOK_MS);
};
worker.onerror = () => Deno.exit(1);
worker.postMessage({ folder, watch: watch.shared, outbox: outbox.shared });

function look(): void {
  if (watch.isRunning) {
    // The thread that runs a query sees no end of its pipe.
    if (Deno.ppid !== Number(host)) Deno.exit(0);
    outbox.flushIfFree();
    if (Deno.memoryUsage().rss > MAX_MEMORY_BYTES) Deno.exit(MEMORY_EXIT_CODE);
  } else if (!watch.rest()) {
    clearInterval(looks!);
    looks = null;
  }
}
