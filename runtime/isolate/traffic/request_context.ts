/** What a handler gets beside its request: `ctx`, and the app's variables. */
import { NativeNumber, stringLastIndexOf, stringSlice } from "../../protocol/primordials.ts";
import type { AppContext } from "./app_context.ts";

const parse = JSON.parse;

/** A class and not a literal with closures: one is made for each request. */
export class RequestContext implements AppContext {
  readonly #remote: string;
  /** JSON of the caller's props until somebody looks, then those. */
  #props: unknown;
  readonly #exports: object;
  /** Its own and bound: server adapters copy own members of env and ctx into one object, and apps destructure. */
  readonly waitUntil: (promise: unknown) => void;

  /**
   * @param found.props JSON of what the caller's binding says of it, or ""
   * @param found.exports the app's own entrypoints
   */
  constructor(
    server: { waitUntil(promise: unknown): void },
    remote: string,
    found: { readonly props: string; readonly exports: object },
  ) {
    this.#remote = remote;
    this.#props = found.props;
    this.#exports = found.exports;
    this.waitUntil = (promise) => server.waitUntil(promise);
  }

  passThroughOnException(): void {}

  /** What the caller's binding says of it; of a client nothing. */
  get props(): unknown {
    if (typeof this.#props === "string") this.#props = this.#props === "" ? {} : parse(this.#props);
    return this.#props;
  }

  /** The app's own entrypoints, called as another app would. */
  get exports(): object {
    return this.#exports;
  }

  get remoteAddr(): AppContext["remoteAddr"] {
    return addressOf(this.#remote);
  }
}

/** The app's variables, fresh for each request, so that one request's changes do not reach another. */
export class RequestEnv {
  readonly #remote: string;

  constructor(remote: string) {
    this.#remote = remote;
  }

  /** Not enumerable: Hono's getConnInfo looks for it, an app that lists its env should not meet it. */
  get remoteAddr(): AppContext["remoteAddr"] {
    return addressOf(this.#remote);
  }
}

function addressOf(remote: string): AppContext["remoteAddr"] {
  const at = stringLastIndexOf(remote, " ");
  return { transport: "tcp", hostname: stringSlice(remote, 0, at), port: NativeNumber(stringSlice(remote, at + 1)) };
}
