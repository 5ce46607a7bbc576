/** The isolate's half of calls that the host answers: who waits for the host says so, and for no longer than it waits. */
import { assertEquals } from "@std/assert";
import { WAITS_ON_HOST } from "../../../runtime/protocol/messages.ts";
import { type HostAnswers, HostCallsBridge } from "../../../runtime/wall/host_calls_bridge.ts";
import { SharedHostCalls } from "../../../runtime/wall/shared_host_calls.ts";
import { until } from "../../integration/life/until.ts";

/** A thread that installs the calls, makes one that stops it, and tells what came of it. */
const CALLER = `
import { installHostCalls } from ${
  JSON.stringify(import.meta.resolve("../../../runtime/isolate/platform/host_calls.ts"))
};
import { sharedHostLine } from ${
  JSON.stringify(import.meta.resolve("../../../runtime/isolate/platform/shared_host_line.ts"))
};
self.onmessage = ({ data: hostWait }) => {
  const send = (message, transfer) => self.postMessage(message, transfer);
  installHostCalls(sharedHostLine(send, hostWait), 1024);
  let answer;
  try { answer = globalThis[Symbol.for("nano.host")].callSync("realPath", "/x"); } catch (error) { answer = error.code; }
  self.postMessage({ answer, flag: new Int32Array(hostWait)[0] });
};`;

Deno.test("A thread that stands still for a call of the host is marked for just as long", async () => {
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(CALLER)}`, { type: "module" });
  try {
    const hostWait = new SharedArrayBuffer(4);
    const flag = new Int32Array(hostWait);
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<string>();
    const told = Promise.withResolvers<unknown>();
    const realPath = () => (asked.resolve(), held.promise);
    let bridge: HostCallsBridge | null = null;
    worker.onmessage = ({ data }) => {
      if (data.type === "host_calls") {
        bridge = new HostCallsBridge(new SharedHostCalls(data), { realPath } as unknown as HostAnswers);
      } else told.resolve(data);
    };
    worker.postMessage(hostWait);
    await asked.promise;
    await until(() => Atomics.load(flag, 0) === WAITS_ON_HOST, "the thread waits");
    held.resolve("/y");
    assertEquals(await told.promise, { answer: "/y", flag: 0 });
    (bridge as HostCallsBridge | null)?.[Symbol.dispose]();
  } finally {
    worker.terminate();
  }
});
