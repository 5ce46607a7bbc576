/** Tests what requests may have of their bodies in an isolate before it reads them. */
import { assert, assertEquals } from "@std/assert";
import type { CallBody } from "../../../runtime/protocol/binding_call.ts";
import { CallTable } from "../../../runtime/wall/call_table.ts";
import { WindowRoom } from "../../../runtime/wall/window_room.ts";
import { UploadRoom } from "../../../runtime/wall/upload_room.ts";
import { FakeCall } from "../app/fake_call.ts";

const MIB = 1024 * 1024;

/** Admits a body that many times. @returns what each may have unread, and what is left of each to send */
function admitAll(room: UploadRoom, count: number, body: () => CallBody) {
  const calls = new CallTable();
  return Array.from({ length: count }, () => {
    const slot = calls.add(new FakeCall());
    return { slot, body: room.admit(slot, body()) };
  });
}

Deno.test("UploadRoom lets the first bodies cross whole, and holds all of them below half of what the app may have", () => {
  for (const externalMib of [128, 16]) {
    const count = 512;
    const admitted = admitAll(new UploadRoom(new WindowRoom(externalMib * MIB)), count, () => new Uint8Array(MIB));
    assert(admitted[0]!.body instanceof Uint8Array);
    assert(admitted.at(-1)!.body instanceof ReadableStream);
    const sum = admitted.reduce((sum, { slot }) => sum + slot.roomBytes, 0);
    const least = count * 16 * 1024;
    assert(sum <= externalMib * MIB / 4 + least, `${sum} bytes of ${count}`);
    assert(admitted.every(({ slot }) => slot.roomBytes >= 16 * 1024));
  }
});

Deno.test("UploadRoom gives a body that has to wait as it was", async () => {
  const text = "äöü€".repeat(50_000);
  const [last] = admitAll(new UploadRoom(new WindowRoom(16 * MIB)), 512, () => text).reverse();
  assertEquals(await new Response(last!.body as ReadableStream).text(), text);
});

Deno.test("UploadRoom has again what requests gave back, once", () => {
  const room = new UploadRoom(new WindowRoom(128 * MIB));
  const rooms = () => {
    const admitted = admitAll(room, 300, () => new Uint8Array(MIB));
    const taken = admitted.map(({ slot }) => slot.roomBytes);
    for (const { slot } of [...admitted, ...admitted]) room.release(slot);
    return taken;
  };
  const first = rooms();
  assertEquals([first[0], first.at(-1)], [MIB, 16 * 1024]);
  assertEquals(rooms(), first);
});

Deno.test("UploadRoom takes no more than a body is long, and nothing of none", () => {
  const room = new UploadRoom(new WindowRoom(128 * MIB));
  const sizes = [new Uint8Array(5), "", null].map((body) => admitAll(room, 1, () => body)[0]!.slot.roomBytes);
  assertEquals(sizes, [5, 0, 0]);
});
