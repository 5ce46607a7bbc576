/** The binding `env.ASSETS`: the app's own static files, by the interface that Workers know. */
import type { BindingPort } from "../../protocol/binding_call.ts";

/** Named as on Workers; an app gets one and makes none. */
class Fetcher {
  readonly #port: BindingPort;

  constructor(port: BindingPort) {
    this.#port = port;
  }

  /** Answers from the app's folder; of the URL only path and query count. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    return this.#port.fetch(input, init);
  }
}

/** Makes the binding. */
export function createAssets(port: BindingPort): unknown {
  return new Fetcher(port);
}
