/** The binding of another app: `env.OTHER.fetch`; its other methods say that they are not there. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort } from "../../protocol/binding_call.ts";

const NativeProxy = Proxy;
const NativePromise = Promise;
const NativeTypeError = TypeError;

/** Named as on Workers; an app gets one and makes none. */
class Fetcher {
  readonly #port: BindingPort;

  constructor(port: BindingPort) {
    this.#port = port;
  }

  /** Answers from the other app; its host is whatever the URL says. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    return this.#port.fetch(input, init);
  }
}

/** Makes the binding. @param name in `env` */
export function createService(port: BindingPort, name: string | null): unknown {
  const fetcher = new Fetcher(port);
  const fetch = (input: RequestInfo | URL, init?: RequestInit) => fetcher.fetch(input, init);
  return new NativeProxy(
    fetcher,
    bare({
      get(_target: Fetcher, key: PropertyKey) {
        if (key === "fetch") return fetch;
        // What is looked up of any value, without calling it.
        if (typeof key === "symbol" || key === "then" || key === "toJSON" || key === "constructor") return undefined;
        return () =>
          NativePromise.reject(
            new NativeTypeError(
              `Cannot call env.${name}.${key}: NANO has no RPC between apps; answer it in the other app's fetch, and ` +
                `call env.${name}.fetch`,
            ),
          );
      },
    }),
  );
}
