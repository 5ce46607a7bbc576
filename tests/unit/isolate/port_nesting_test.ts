/** Holds how deep ports may lie in messages, known ones and those that came out of a message. */
import { assertEquals, assertThrows } from "@std/assert";
import { nestPorts, watchChannels } from "../../../runtime/isolate/sandbox/port_nesting.ts";

/** A channel as node workers make them: its ports are plain members. */
class Channel {
  readonly port1 = {};
  readonly port2 = {};
}

Deno.test("nestPorts() lets ports lie 4,000 deep, whichever of their ends is handed over, and no deeper", () => {
  const native = Object.getOwnPropertyDescriptor(globalThis, "MessageChannel")!;
  const make = (): Channel => new MessageChannel() as unknown as Channel;
  Object.defineProperty(globalThis, "MessageChannel", { value: Channel, writable: true, configurable: true });
  try {
    watchChannels();
    // One after the other is no nest, however often.
    const hub = make();
    for (let round = 0; round < 10_000; round++) nestPorts(hub.port1, [make().port2]);
    // What is handed on at once lies in no message.
    for (let round = 0; round < 10_000; round++) nestPorts(null, [{}]);
    let inner = hub;
    for (let depth = 2; depth <= 4_000; depth++) {
      const outer = make();
      nestPorts(depth % 2 === 0 ? outer.port1 : outer.port2, [inner.port2]);
      inner = outer;
    }
    assertThrows(() => nestPorts(make().port1, [inner.port2]), DOMException, "4000 unread messages");
    // What came out of a message may be any port.
    assertThrows(() => nestPorts(null, [{}]), DOMException, "4000 unread messages");
    nestPorts(make().port1, [make().port2]);
    assertEquals([make() instanceof Channel, MessageChannel.prototype.constructor === MessageChannel], [true, true]);
  } finally {
    Object.defineProperty(globalThis, "MessageChannel", native);
  }
});

Deno.test("watchChannels() knows ports by the getters of a thread that is no node worker", () => {
  const native = Object.getOwnPropertyDescriptor(globalThis, "MessageChannel")!;
  const { constructor } = MessageChannel.prototype;
  try {
    watchChannels();
    const channels = Array.from({ length: 20 }, () => new MessageChannel());
    // Unknown ones would lie one deeper each time: the test before left them as deep as may be.
    for (const { port1, port2 } of channels) nestPorts(port1, [port2]);
    for (const { port1, port2 } of channels) [port1, port2].forEach((port) => port.close());
  } finally {
    Object.defineProperty(globalThis, "MessageChannel", native);
    Object.defineProperty(MessageChannel.prototype, "constructor", { value: constructor, writable: true });
  }
});
