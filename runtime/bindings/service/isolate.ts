/** The binding of another app: its `fetch`, and the methods of its entrypoint. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort } from "../../protocol/binding_call.ts";
import { append } from "../../protocol/safe_lists.ts";
import { promiseThen, rejected } from "../../protocol/primordials.ts";

const NativeProxy = Proxy;
const NativeTypeError = TypeError;
const TO_STRING_TAG: typeof Symbol.toStringTag = Symbol.toStringTag;

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
  const connect = () => {
    throw new NativeTypeError(`Cannot call env.${name}.connect: NANO has no connections between apps`);
  };
  return new NativeProxy(
    fetcher,
    bare({
      get(_target: Fetcher, key: PropertyKey) {
        if (key === "fetch") return fetch;
        if (key === "connect") return connect;
        if (key === TO_STRING_TAG) return "Fetcher";
        // What is looked up of any value, without calling it.
        if (typeof key === "symbol" || key === "then" || key === "toJSON" || key === "constructor") return undefined;
        return propertyOf(port, [key as string]);
      },
    }),
  );
}

/** `env.OTHER.name`: called it is a method, awaited a property, and it has properties of its own. */
function propertyOf(port: BindingPort, path: readonly string[]): unknown {
  const read = (onDone: (value: unknown) => unknown, onFailed?: (error: unknown) => unknown) =>
    promiseThen(port.invoke(path, null), onDone, onFailed);
  const members: Record<PropertyKey, unknown> = bare({
    then: read,
    catch: (onFailed: (error: unknown) => unknown) => promiseThen(port.invoke(path, null), undefined, onFailed),
    finally: (onEnd: () => unknown) => {
      const end = async <T>(pass: () => T) => {
        await onEnd();
        return pass();
      };
      return promiseThen(port.invoke(path, null), (value) => end(() => value), (error) => end(() => rejected(error)));
    },
  });
  // An arrow function has no prototype, so nothing of it has to be shown by the proxy.
  return new NativeProxy(
    () => {},
    bare({
      get(_target: unknown, key: PropertyKey) {
        if (typeof key === "symbol") return undefined;
        if (key === "then" || key === "catch" || key === "finally") return members[key];
        const names: string[] = [];
        for (let at = 0; at < path.length; at++) append(names, path[at]!);
        append(names, key);
        return propertyOf(port, names);
      },
      apply: (_target: unknown, _self: unknown, args: readonly unknown[]) => port.invoke(path, args),
    }),
  );
}
