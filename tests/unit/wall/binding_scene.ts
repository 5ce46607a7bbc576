/** Both ends of the calls of bindings, with a wire between them. */
import { BindingClient } from "../../../runtime/isolate/traffic/binding_client.ts";
import { type Handlers, handlerTable, runBatch } from "../../../runtime/protocol/batch.ts";
import type { BindingCall, BindingHost, CallAnswer } from "../../../runtime/protocol/binding_call.ts";
import type { BodyKind, OperationName, WholeBody } from "../../../runtime/protocol/operations.ts";
import { streamHandlers } from "../../../runtime/protocol/stream_operations.ts";
import { Wire } from "../../../runtime/protocol/wire.ts";
import { BindingBridge } from "../../../runtime/wall/binding_bridge.ts";
import { RelayedStreams } from "../../../runtime/wall/relayed_streams.ts";
import { WindowRoom } from "../../../runtime/wall/window_room.ts";
import { textFrom } from "../../../runtime/wall/text_from.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const text = (value: unknown) => value as string;

/** A client and a bridge with a wire between them; `answer` is what the binding does. */
export class BindingScene {
  readonly clock = new FakeClock();
  readonly calls: BindingCall[] = [];
  readonly client: BindingClient;
  readonly bridge: BindingBridge;
  readonly relayed: RelayedStreams;
  readonly room: WindowRoom = new WindowRoom(128 * 1024 * 1024);
  readonly inside: Wire;
  readonly outside: Wire;

  constructor(answer: (call: BindingCall) => CallAnswer | Promise<CallAnswer>) {
    let toHost: (batch: readonly unknown[]) => void = () => {};
    let toIsolate: (batch: readonly unknown[]) => void = () => {};
    const port = (deliver: () => (batch: readonly unknown[]) => void) => ({
      postMessage(batch: unknown, transfer: Transferable[] | null) {
        const copy = structuredClone(batch as unknown[], { transfer: transfer ?? [] });
        queueMicrotask(() => deliver()(copy));
      },
    });
    this.inside = new Wire(port(() => toHost), (flush) => queueMicrotask(flush));
    this.outside = new Wire(port(() => toIsolate), (flush) => queueMicrotask(flush));
    const host: BindingHost = {
      methods: [],
      call: (call) => {
        this.calls.push(call);
        return answer(call);
      },
      [Symbol.dispose]() {},
    };
    this.client = new BindingClient(this.inside);
    this.relayed = new RelayedStreams(this.outside);
    this.bridge = new BindingBridge(this.outside, [host], {
      clock: this.clock,
      room: this.room,
      relayed: this.relayed,
    });
    const { client, bridge, inside, outside } = this;
    const hostTable = tableOf({
      ...streamHandlers(outside, { text: textFrom, onError: (id, message) => outside.receiving.onError(id, message) }),
      CALL: (...fields) => bridge.onCall(fields),
      CALL_ABORT: (id) => bridge.onAbort(id as number),
    });
    const isolateTable = tableOf({
      ...streamHandlers(inside, { text, onError: (id, message) => client.onBodyFailed(id, message) }),
      RETURNED: (id, values, kind, body) =>
        client.onReturned(id as number, values as CallAnswer["values"], kind as BodyKind, body as WholeBody),
      CALL_FAILED: (id, name, message, code) => client.onFailed(id as number, text(name), text(message), text(code)),
    });
    toHost = (batch) => runBatch(batch, hostTable);
    toIsolate = (batch) => runBatch(batch, isolateTable);
  }

  call(method: string, ...rest: [] | [readonly (string | number | null)[], object?]): Promise<CallAnswer> {
    return this.client.portOf(0).call(method, rest[0] ?? [], rest[1] ?? {});
  }
}

function tableOf<Names extends OperationName>(handlers: Handlers<Names>) {
  return handlerTable(handlers);
}
