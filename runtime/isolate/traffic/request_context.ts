/** What a handler gets beside its request: `ctx`, and the app's variables. */
import { NativeNumber, stringLastIndexOf, stringSlice } from "../../protocol/primordials.ts";
import type { AppContext } from "./app_context.ts";

/** A class and not a literal with closures: one is made for each request. */
export class RequestContext implements AppContext {
  readonly #remote: string;
  /** Its own and bound: server adapters copy own members of env and ctx into one object, and apps destructure. */
  readonly waitUntil: (promise: unknown) => void;

  constructor(server: { waitUntil(promise: unknown): void }, remote: string) {
    this.#remote = remote;
    this.waitUntil = (promise) => server.waitUntil(promise);
  }

  passThroughOnException(): void {}

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
