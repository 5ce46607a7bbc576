/** Bodies of the host's that an app hands to a binding as it got them. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";
import type { StreamEnd } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";
import { BindingScene } from "./binding_scene.ts";

const readAll = async (body: unknown) => await new Response(body as ReadableStream).text();

/** A stream of the host's as the isolate has it, which waits to be asked, as a request's body does. */
function lent(scene: BindingScene, id: number, chunks: readonly string[], failure?: Error) {
  const ends: string[] = [];
  const source = ReadableStream.from(async function* () {
    yield* chunks.map((chunk) => new TextEncoder().encode(chunk));
    if (failure !== undefined) throw failure;
  }()).getReader();
  const onEnd = (end: StreamEnd, error?: unknown) => ends.push(error === undefined ? end : `${end}: ${error}`);
  scene.outside.sending.open(id, source, { owned: true, isAsked: true, onEnd });
  const receiving = scene.inside.receiving.open(id, () => {});
  receiving.isUntouched = true;
  return { ends, stream: scene.inside.receiving.readableOf(receiving, { byob: true }) };
}

Deno.test("A body of the host's that the app hands on unread does not cross, and the app has used it up", async () => {
  const scene = new BindingScene(async ({ body }) => ({ values: [await readAll(body)], body: null }));
  const { ends, stream } = lent(scene, 7, ["hello ", "you"]);
  const called = scene.call("put", [], { body: stream });
  assertEquals(stream.locked, true);
  assertEquals([scene.inside.sending.size, scene.inside.receiving.size], [0, 0]);
  assertEquals([...(await called).values], ["hello you"]);
  assertEquals(ends, ["done"]);
  assertThrows(() => new Response(stream), TypeError);
  assertEquals([scene.inside.openStreams, scene.outside.openStreams], [0, 0]);
});

Deno.test("Of such a body its owner hears how it ended, and the app why", async () => {
  const scene = new BindingScene(async ({ method, body }) => {
    if (method === "refuse") throw new BindingError("no");
    return { values: [await readAll(body)], body: null };
  });
  const broken = lent(scene, 7, ["hello"], new Error("it broke"));
  await assertRejects(() => scene.call("put", [], { body: broken.stream }), TypeError, "it broke");
  assertEquals(broken.ends, ["failed: Error: it broke"]);

  const refused = lent(scene, 8, ["hello"]);
  await assertRejects(() => scene.call("refuse", [], { body: refused.stream }), Error, "no");
  assertEquals(refused.ends, ["cancelled"]);

  const over = lent(scene, 9, ["hello"]);
  scene.outside.sending.stop(9, "The response is complete");
  await assertRejects(() => scene.call("put", [], { body: over.stream }), Error, "request of this body is over");
  await settle();
  assertEquals([scene.inside.openStreams, scene.outside.openStreams], [0, 0]);
});

Deno.test("A body that is being relayed ends with what it belongs to", async () => {
  const scene = new BindingScene(async ({ body }) => ({ values: [await readAll(body)], body: null }));
  const ends: string[] = [];
  const source = { read: () => new Promise<never>(() => {}), cancel: () => Promise.resolve() };
  scene.outside.sending.open(7, source, { owned: true, isAsked: true, onEnd: (end) => ends.push(end) });
  const receiving = scene.inside.receiving.open(7, () => {});
  receiving.isUntouched = true;
  const called = scene.call("put", [], { body: scene.inside.receiving.readableOf(receiving, { byob: true }) });
  await settle();
  scene.relayed.stop(7, "The response is complete");
  await assertRejects(() => called, TypeError, "The response is complete");
  // Whoever stops it knows.
  assertEquals(ends, []);
  assertEquals(scene.outside.openStreams, 0);
});
