/** Modules of Node of which an app uses a corner only: cluster, _http_common. */
import { assertEquals, assertThrows } from "@std/assert";
import cluster, { isPrimary } from "../../../runtime/node/cluster.ts";
import { _checkInvalidHeaderChar, _checkIsHttpToken, HTTPParser, methods } from "../../../runtime/node/http_common.ts";

Deno.test("An app is the primary of no workers: it may listen to them, and cannot make one", () => {
  const heard: unknown[] = [];
  cluster.on("message", (...told: unknown[]) => heard.push(told));
  assertEquals([isPrimary, cluster.isWorker, cluster.listenerCount("message"), heard.length], [true, false, 1, 0]);
  assertThrows(
    () => cluster.fork(),
    Error,
    'Cannot call node:cluster.fork: it reaches past the isolate; apps with "compat": "full" may',
  );
});

Deno.test("_http_common tells what a header may be, and has no parser", () => {
  assertEquals(["x-a", "x a", ""].map(_checkIsHttpToken), [true, false, false]);
  assertEquals(["plain é", "a\nb"].map(_checkInvalidHeaderChar), [false, true]);
  assertEquals(methods.includes("GET"), true);
  assertThrows(() => new HTTPParser(), Error, "_http_common.HTTPParser");
});
