/** The host's half of fetch: bounds, aborts and the ends of an isolate. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { WindowRoom } from "../../../runtime/wall/window_room.ts";
import { MAX_OUTGOING, OutboundBridge, type OutgoingRequest } from "../../../runtime/wall/outbound_bridge.ts";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";

function scene() {
  const posted: unknown[] = [];
  let flush = () => {};
  const wire = new Wire(
    { postMessage: (batch) => posted.push(...Array.from(batch as unknown[])) },
    (run) => flush = run,
  );
  const requests: OutgoingRequest[] = [];
  const bridge = new OutboundBridge(wire, {
    fetch(request) {
      requests.push(request);
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
    },
    connect() {
      throw new TypeError("unused");
    },
    [Symbol.dispose]() {},
  }, { room: new WindowRoom(128 * 1024 * 1024) });
  const ask = (id: unknown, redirect = "follow") =>
    bridge.onFetch([id, "GET", "http://x/", "a\nb\n", redirect, BODY.NONE, null]);
  const told = async () => {
    await settle();
    flush();
    return posted.splice(0);
  };
  return { bridge, requests, ask, told };
}

Deno.test("Requests beyond the bound are refused, and an aborted one makes room at once", async () => {
  const { bridge, requests, ask, told } = scene();
  for (let id = 1; id <= MAX_OUTGOING; id++) ask(-id);
  ask(-1000);
  const [operation, id, message] = await told();
  assertEquals([operation, id, requests.length], [OP.FETCH_FAILED, -1000, MAX_OUTGOING]);
  assertStringIncludes(String(message), "256");
  bridge.onAbort(-1);
  ask(-1001);
  assertEquals([requests.length, requests[0]!.signal.aborted], [MAX_OUTGOING + 1, true]);
  bridge.close();
});

Deno.test("The end of an isolate aborts every request and tells nobody", async () => {
  const { bridge, requests, ask, told } = scene();
  ask(-1);
  ask(-2);
  bridge.close();
  assertEquals(requests.map(({ signal }) => signal.aborted), [true, true]);
  assertEquals([await told(), bridge.size], [[], 0]);
});

Deno.test("A forged request breaks the protocol", () => {
  const { ask } = scene();
  for (const id of [1, 0, "x", 1.5, null]) assertThrows(() => ask(id), WireViolation);
  assertThrows(() => ask(-1, "sideways"), WireViolation);
  ask(-2);
  assertThrows(() => ask(-2), WireViolation, "one id");
});
