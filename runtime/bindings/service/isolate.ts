/** The binding of another app: its `fetch`, and the methods of its entrypoint. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort } from "../../protocol/binding_call.ts";
import { append } from "../../protocol/safe_lists.ts";
import { defineMember, getMember, hasOwn, promiseThen, rejected } from "../../protocol/primordials.ts";

const NativeProxy = Proxy;
const NativeTypeError = TypeError;
const TO_STRING_TAG: typeof Symbol.toStringTag = Symbol.toStringTag;

/** What every object has is the binding's own, and no method of the other app: `${env.OTHER}` is a text. */
const OWN_MEMBERS: Readonly<Record<string, unknown>> = bare(Object.fromEntries(
  ["hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"].map((
    name,
  ) => [name, Reflect.get(Object.prototype, name)]),
));

/** Named as on Workers; an app gets one and makes none. */
class Fetcher {
  readonly #port: BindingPort;

  static {
    // The bundler gives a class another name that names itself.
    defineMember(this, "name", "Fetcher");
  }

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
        if (key === "constructor") return Fetcher;
        // What is looked up of any value, without calling it.
        if (typeof key === "symbol" || key === "then" || key === "toJSON") return undefined;
        if (hasOwn(OWN_MEMBERS, key)) return OWN_MEMBERS[key];
        return propertyOf(port, [key as string]);
      },
    }),
  );
}

/** What a way from a binding leads to, before anybody has waited for it. */
interface Way {
  /** Its value. */
  read(): Promise<unknown>;
  call(args: readonly unknown[]): unknown;
  member(name: string): unknown;
}

/** `env.OTHER.name`: called it is a method, awaited a property, and it has properties of its own. */
function propertyOf(port: BindingPort, path: readonly string[]): unknown {
  return thenable({
    read: () => port.invoke(path, null),
    call: (args) => resultOf(port.invoke(path, args)),
    member: (name) => {
      const names: string[] = [];
      for (let at = 0; at < path.length; at++) append(names, path[at]!);
      append(names, name);
      return propertyOf(port, names);
    },
  });
}

/** What a method answers: a promise of a value, whose members can be named before it is there. */
function resultOf(result: Promise<unknown>): unknown {
  return thenable({
    read: () => result,
    call: () => promiseThen(result, refuseCall),
    member: (name) => memberOf(() => result, name),
  });
}

function memberOf(owner: () => Promise<unknown>, name: string): unknown {
  const read = () =>
    promiseThen(owner(), (value) => {
      if (typeof value === "object" && value !== null && hasOwn(value, name)) return getMember(value, name);
      throw new NativeTypeError(`The RPC receiver does not implement the method "${name}".`);
    });
  return thenable({
    read,
    call: () => promiseThen(read(), refuseCall),
    member: (more) => memberOf(read, more),
  });
}

/** Values have no functions. */
function refuseCall(): never {
  throw new NativeTypeError("Cannot call what a method of another app answers with: it is no function");
}

function thenable(way: Way): unknown {
  const members: Record<PropertyKey, unknown> = bare({
    then: (onDone: (value: unknown) => unknown, onFailed?: (error: unknown) => unknown) =>
      promiseThen(way.read(), onDone, onFailed),
    catch: (onFailed: (error: unknown) => unknown) => promiseThen(way.read(), undefined, onFailed),
    finally: (onEnd: () => unknown) => {
      const end = async <T>(pass: () => T) => {
        await onEnd();
        return pass();
      };
      return promiseThen(way.read(), (value) => end(() => value), (error) => end(() => rejected(error)));
    },
  });
  // An arrow function has no prototype, so nothing of it has to be shown by the proxy.
  return new NativeProxy(
    () => {},
    bare({
      get(_target: unknown, key: PropertyKey) {
        if (typeof key === "symbol") return undefined;
        if (key === "then" || key === "catch" || key === "finally") return members[key];
        return way.member(key as string);
      },
      apply: (_target: unknown, _self: unknown, args: readonly unknown[]) => way.call(args),
    }),
  );
}
