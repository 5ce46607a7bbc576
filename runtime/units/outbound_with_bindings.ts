/** An app's way out that also leads to what its bindings do in the host. */
import type { HostSocket } from "../terms/app_call.ts";
import type { BindingHost } from "../protocol/binding_call.ts";
import type { OutboundCalls, OutgoingRequest, OutgoingResponse, SocketTarget } from "../wall/outbound_bridge.ts";

/** Owns the outbound and the bindings. */
export class OutboundWithBindings implements OutboundCalls {
  readonly bindings: readonly BindingHost[];
  readonly #outbound: OutboundCalls;

  readonly dial: NonNullable<OutboundCalls["dial"]>;

  constructor(outbound: OutboundCalls & Required<Pick<OutboundCalls, "dial">>, bindings: readonly BindingHost[]) {
    this.#outbound = outbound;
    this.dial = (target, signal) => outbound.dial(target, signal);
    this.bindings = bindings;
  }

  /** @throws {TypeError} as fetch does */
  fetch(request: OutgoingRequest): Promise<OutgoingResponse> {
    return this.#outbound.fetch(request);
  }

  /** @throws {TypeError} when the policy or the URL forbids it */
  connect(target: SocketTarget): HostSocket {
    return this.#outbound.connect(target);
  }

  /** Ends every connection and what the bindings hold. */
  [Symbol.dispose](): void {
    for (const binding of this.bindings) binding[Symbol.dispose]();
    this.#outbound[Symbol.dispose]();
  }
}
