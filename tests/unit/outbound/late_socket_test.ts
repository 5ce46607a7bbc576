import { assertEquals, assertThrows } from "@std/assert";
import { LateSocket } from "../../../runtime/outbound/late_socket.ts";
import type { HostSocket } from "../../../runtime/terms/app_call.ts";

/** A socket that only notes what is done with it. */
class NotedSocket extends EventTarget {
  readonly notes: string[] = [];
  readyState = 0;
  readonly bufferedAmount = 5;
  readonly protocol = "chat";
  binaryType: BinaryType = "blob";

  send(data: string | ArrayBuffer): void {
    this.notes.push(`send ${data}`);
  }

  close(code?: number, reason?: string): void {
    this.notes.push(`close ${code} ${reason}`);
  }
}

/** What a socket's listeners hear. */
function heard(socket: HostSocket): string[] {
  const events: string[] = [];
  for (const type of ["open", "message", "error"]) socket.addEventListener(type, () => events.push(type));
  socket.addEventListener("close", ({ code }: CloseEvent) => events.push(`close ${code}`));
  return events;
}

Deno.test("A late socket is connecting until the real one is there, and is that one then", async () => {
  const loading = Promise.withResolvers<() => HostSocket>();
  const late = new LateSocket(loading.promise);
  late.binaryType = "arraybuffer";
  const events = heard(late);
  assertEquals([late.readyState, late.bufferedAmount, late.protocol], [0, 0, ""]);
  assertThrows(() => late.send("early"), DOMException, "not open");

  const real = new NotedSocket();
  loading.resolve(() => real as HostSocket);
  await loading.promise;
  assertEquals([late.readyState, late.bufferedAmount, late.protocol], [0, 5, "chat"]);
  assertEquals(real.binaryType, "arraybuffer");
  late.binaryType = "blob";
  assertEquals([real.binaryType, late.binaryType], ["blob", "blob"]);

  late.addEventListener("open", () => events.push("open, heard later"));
  real.readyState = 1;
  real.dispatchEvent(new Event("open"));
  assertEquals(late.readyState, 1);
  late.send("hello");
  late.close(1000, "bye");
  assertEquals(real.notes, ["send hello", "close 1000 bye"]);
  real.dispatchEvent(new CloseEvent("close", { code: 1000 }));
  assertEquals(events, ["open", "open, heard later", "close 1000"]);
});

Deno.test("A late socket that is closed before never connects, and its listeners hear so once", async () => {
  const loading = Promise.withResolvers<() => HostSocket>();
  const late = new LateSocket(loading.promise);
  const events = heard(late);
  late.close();
  late.close(1000, "again");
  assertEquals([late.readyState, events], [3, []]);
  const connected: string[] = [];
  loading.resolve(() => {
    connected.push("connected");
    return new NotedSocket() as HostSocket;
  });
  await loading.promise;
  await Promise.resolve();
  assertEquals([connected, events, late.readyState], [[], ["error", "close 1006"], 3]);
});

Deno.test("A late socket whose class cannot be loaded, or that cannot connect, fails as a connection does", async () => {
  const ways: Promise<() => HostSocket>[] = [
    Promise.reject(new Error("no such module")),
    Promise.resolve(() => {
      throw new TypeError("the app has ended");
    }),
  ];
  for (const open of ways) {
    const late = new LateSocket(open);
    const events = heard(late);
    const { promise, resolve } = Promise.withResolvers<void>();
    late.addEventListener("close", () => resolve());
    await promise;
    assertEquals([late.readyState, events], [3, ["error", "close 1006"]]);
  }
});
