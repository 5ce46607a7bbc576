/** How long an app may take, by what it works on. */
import { assertEquals } from "@std/assert";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { lookAtCall } from "../../../runtime/wall/call_watch.ts";
import type { CallSlot } from "../../../runtime/wall/call_table.ts";

function codeAfter(nowMs: number, job: AppCall["job"]): string | null {
  const patience = { writeStallMs: 1, bodyWindowMs: 1, bodyBytesPerSecond: 1 };
  const call = { startedAt: 0, job, patience } as unknown as AppCall;
  const slot = { id: 0, call, answered: false, armed: true, upload: null, answer: null, cut: null } as CallSlot;
  const found = lookAtCall(slot, { app: "a", nowMs, timeoutMs: 30_000 });
  return found !== null && typeof found === "object" ? found.code : found;
}

Deno.test("A request is late by timeout_ms, a batch of messages by its own limit, a job never", () => {
  const batch = { queue: "jobs", facts: [], bodies: new Uint8Array(), limitMs: 900_000 };
  const job = { cron: "* * * * *", scheduledTime: 0 };
  assertEquals([29_999, 30_000].map((ms) => codeAfter(ms, undefined)), [null, "REQUEST_TIMEOUT"]);
  assertEquals([30_000, 899_999, 900_000].map((ms) => codeAfter(ms, batch)), [null, null, "REQUEST_TIMEOUT"]);
  assertEquals(codeAfter(1e9, job), null);
});
