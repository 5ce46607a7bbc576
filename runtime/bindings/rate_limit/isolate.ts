/** A rate limiter as the app holds it, by the interface that Workers know. */
import type { BindingPort } from "../../protocol/binding_call.ts";
import { NativeString, stringToWellFormed } from "../../protocol/primordials.ts";

/** Named as on Workers; an app gets one and makes none. */
class RateLimit {
  readonly #port: BindingPort;

  constructor(port: BindingPort) {
    this.#port = port;
  }

  /** Counts a call of a key. */
  async limit(options: { readonly key: unknown }): Promise<{ readonly success: boolean }> {
    const { values } = await this.#port.call("limit", [stringToWellFormed(NativeString(options.key))]);
    return { success: values[0] as boolean };
  }
}

/** Makes the binding. */
export function createRateLimit(port: BindingPort): unknown {
  return new RateLimit(port);
}
