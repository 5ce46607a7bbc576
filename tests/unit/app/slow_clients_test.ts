/** Tests how slow clients are told from slow apps, by looks at a fake time. */
import { assertEquals, assertRejects } from "@std/assert";
import { Answer, promisedBytes } from "../../../runtime/wall/answer.ts";
import { Upload } from "../../../runtime/wall/upload.ts";
import { PATIENCE } from "../../../runtime/http/patience.ts";
import type { Receiving } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";

const WINDOW = PATIENCE.bodyWindowMs;

function upload(maxBytes = 1e6) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const upload = new Upload(readable, { maxBytes, declaredBytes: null, isClients: true });
  return { upload, send: (bytes: number) => void writer.write(new Uint8Array(bytes)).catch(() => {}) };
}

Deno.test("Upload finds a client too slow that is waited for all the time and sends below its rate", async () => {
  const { upload: body, send } = upload();
  void body.read();
  assertEquals(body.isTooSlow(0, PATIENCE), false);
  assertEquals(body.isTooSlow(WINDOW - 1, PATIENCE), false);
  assertEquals(body.isTooSlow(WINDOW, PATIENCE), true);
  send(240 * 15 - 1);
  await settle();
  void body.read();
  assertEquals(body.isTooSlow(2 * WINDOW, PATIENCE), true);
  send(240 * 15);
  await settle();
  void body.read();
  assertEquals(body.isTooSlow(3 * WINDOW, PATIENCE), false);
});

Deno.test("Upload blames no client while the app has no room for more", async () => {
  const { upload: body, send } = upload();
  send(1);
  await body.read();
  for (let at = 0; at <= 5 * WINDOW; at += 100) assertEquals(body.isTooSlow(at, PATIENCE), false);
  void body.read();
  assertEquals(body.isTooSlow(6 * WINDOW - 1, PATIENCE), false);
});

Deno.test("Upload fails once it has given more than it may", async () => {
  const { upload: body, send } = upload(10);
  send(10);
  await body.read();
  send(1);
  await assertRejects(() => body.read(), Error, "more than 10 bytes");
});

Deno.test("Answer has stalled when bytes wait and none is taken; with nothing to take it never has", () => {
  const receiving = { total: 100, outstanding: 0 } as Receiving;
  const answer = new Answer(receiving);
  for (const at of [0, 1e6]) assertEquals(answer.isStalled(at, 60_000), false, "an app that sends nothing");
  receiving.total = 200;
  receiving.outstanding = 100;
  assertEquals([answer.taken, answer.isStalled(1e6 + 59_999, 60_000), answer.isStalled(1e6 + 60_000, 60_000)], [
    100,
    false,
    true,
  ]);
  receiving.outstanding = 99;
  assertEquals(answer.isStalled(1e6 + 60_001, 60_000), false, "one byte is taken");
});

Deno.test("promisedBytes() finds the length in a header block, and none for HEAD", () => {
  assertEquals(promisedBytes("GET", "a\nb\nContent-Length\n12\n"), 12);
  assertEquals(promisedBytes("GET", "x-content-length\n12\na\ncontent-length\n"), null);
  assertEquals(promisedBytes("HEAD", "content-length\n12\n"), null);
});
