/** Holds what a client gets when an isolate breaks the wall's protocol; no app can, so a fake isolate does it here. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Isolate, type IsolateLoad } from "../../../runtime/pool/isolate.ts";
import { WorkerCell } from "../../../runtime/pool/worker_cell.ts";
import type { WardenLink } from "../../../runtime/pool/warden_link.ts";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { systemClock } from "../../../runtime/clock.ts";
import { Dispatcher } from "../../../runtime/http/dispatcher.ts";
import { Router } from "../../../runtime/http/router.ts";
import { listen } from "../../../runtime/http/server.ts";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { rawRequest, type RawResponse } from "../../support/raw_http.ts";
import { assertCoded } from "./coded_answer.ts";

// A fake isolate reads nothing of what it is told to become; the host side reads these
const LOAD = { app: "fake", externalBytes: 1e6, cpuMs: 5000, maxBodyBytes: 1000 } as unknown as IsolateLoad;
type Reply = (port: MessagePort, requestId: number) => void;

/** One request through the real front door and the real host side of an isolate, to an isolate that answers as told. */
async function answerOf(reply: Reply): Promise<{ response: RawResponse; reason: string; detail: string }> {
  let port: MessagePort | undefined;
  const warden = {
    spawn(_memoryMb: number, given: MessagePort) {
      port = given;
      return 1;
    },
    limit() {},
    kill() {},
    countInFlight() {},
  } as unknown as WardenLink;
  const isolate = new Isolate((memoryMb, listener) => new WorkerCell(warden, memoryMb, listener), 64, {
    clock: systemClock,
    recorder: null,
  });
  port!.onmessage = ({ data }) => {
    if (!Array.isArray(data)) port!.postMessage({ type: "loaded" });
    else if (data[0] === OP.REQUEST) reply(port!, data[1]);
  };
  const door = {
    fetch: () => Promise.reject(new TypeError("no way out")),
    connect() {
      throw new TypeError("no way out");
    },
    [Symbol.dispose]() {},
  };
  await isolate.load(LOAD, { onCallDone() {}, onLog() {}, onException() {} }, door);
  const target = { app: { name: "fake" }, fetch: (call: AppCall) => isolate.send(call) };
  const dispatcher = new Dispatcher(new Router([{ hostnames: ["fake"], target }], null), {
    trustedProxies: [],
    reveal: false,
    now: systemClock.now,
    tell() {},
  });
  const options = { hostname: "127.0.0.1", port: 0, tls: null, target: null, warn() {} };
  const listener = listen(dispatcher, options);
  try {
    const response = await rawRequest(`http://127.0.0.1:${listener.port}`, "GET / HTTP/1.1\r\nHost: fake\r\n\r\n");
    return { response, ...await isolate.ended };
  } finally {
    isolate.kill({ reason: "terminated", detail: "the test is over" });
    await listener.shutdown();
    port!.close();
  }
}

const VIOLATIONS: Readonly<Record<string, Reply>> = {
  "an unknown operation": (port) => port.postMessage([99, 1]),
  "a message that is none": (port) => port.postMessage("text"),
  "an unknown word": (port) => port.postMessage({ type: "constructor" }),
  "a response without a status": (port, id) => port.postMessage([OP.RESPONSE, id, "200", "", "", BODY.NONE, null]),
  "a response of status 999": (port, id) => port.postMessage([OP.RESPONSE, id, 999, "", "", BODY.NONE, null]),
  "a response without headers": (port, id) => port.postMessage([OP.RESPONSE, id, 200, "", null, BODY.NONE, null]),
  "a response whose body is a number": (port, id) => port.postMessage([OP.RESPONSE, id, 200, "", "", BODY.WHOLE, 5]),
  "data that are no bytes": (port, id) => port.postMessage([OP.DATA, id, "text"]),
  "credit that is no number": (port, id) => port.postMessage([OP.CREDIT, id, NaN]),
};

for (const [name, reply] of Object.entries(VIOLATIONS)) {
  Deno.test(`An isolate that sends ${name} is ended, and its request gets APP_TERMINATED`, async () => {
    const { response, reason, detail } = await answerOf(reply);
    assertCoded(response, "APP_TERMINATED");
    assertEquals(reason, "terminated");
    assertStringIncludes(detail, "broke the wall's protocol");
  });
}

Deno.test("An isolate that breaks the protocol in the middle of a body leaves it cut", async () => {
  const { response } = await answerOf((port, id) => {
    port.postMessage([OP.RESPONSE, id, 200, "", "", BODY.STREAM, null, OP.DATA, id, new Uint8Array(100)]);
    setTimeout(() => port.postMessage([99, 1]), 20);
  });
  assertEquals([response.status, response.truncated], [200, true]);
});
