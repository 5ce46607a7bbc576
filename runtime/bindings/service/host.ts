/** What a service binding does: hands requests and calls of methods to another app of this NANO, without a connection. */
import type { AppTarget, CallEntry } from "../../terms/app_call.ts";
import type { Clock } from "../../clock.ts";
import { ERROR_CODES, NanoError } from "../../errors.ts";
import type { NanoEvent } from "../../terms/events.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type Plain,
} from "../../protocol/binding_call.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { MAX_RPC_DEPTH, MAX_RPC_NAME, MAX_RPC_PATH } from "../../protocol/rpc.ts";
import { ServiceCall, type ServiceCallInit } from "./host_call.ts";

/** RFC 9110, 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex -- they are what no header has
const VALUE = /^[^\x00\n\r\u0100-\uffff]*$/;

/** What the host's part works with. */
export interface ServiceTools {
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Who takes the next request of an app, or null without such an app. */
  readonly target: () => AppTarget | null;
}

/** Which part of which app a binding leads to. */
export interface ServiceAim {
  /** Of the binding in `env`. */
  readonly name: string;
  /** The app, as messages call it. */
  readonly service: string;
  /** Name among the app's exports. */
  readonly entrypoint: string;
  /** JSON of the `props` that the other app finds in `ctx`, or "". */
  readonly props: string;
}

/** The way from one app to another. */
export class ServiceHost implements BindingHost {
  readonly methods = ["fetch", "call", "get"];
  /** The other app's own limits end each. */
  readonly hasOwnDeadline = true;
  readonly #aim: ServiceAim;
  readonly #tools: ServiceTools;

  constructor(aim: ServiceAim, tools: ServiceTools) {
    this.#aim = aim;
    this.#tools = tools;
  }

  /** Answers `fetch`, `call` for a method, and `get` for a property. */
  async call(call: BindingCall): Promise<CallAnswer> {
    const { method, args } = call;
    if (method === "fetch") return await this.#fetch(call);
    if (method === "call" || method === "get") {
      const [depth, ...path] = args;
      if (!isPath(path)) throw this.#error("the name of its method", "this is no name", { name: "TypeError" });
      return await this.#invoke(call, method, { path, depth: depth! });
    }
    throw new BindingError(`Cannot use env.${this.#aim.name}: it has no "${method}"`, { name: "TypeError" });
  }

  [Symbol.dispose](): void {}

  async #fetch({ args, body, signal }: BindingCall): Promise<CallAnswer> {
    const [method, url, headers, depth] = args;
    // What its own isolate cannot have made would be the other app's fault in log and metrics.
    if (typeof method !== "string" || typeof url !== "string" || !TOKEN.test(method) || !isWebUrl(url)) {
      throw this.#error("fetch", "this is no request", { name: "TypeError" });
    }
    const list = typeof headers === "string" ? splitHeaders(headers) : null;
    if (list === null || !list.every(([name, value]) => TOKEN.test(name) && VALUE.test(value))) {
      throw this.#error("fetch", "this is no request", { name: "TypeError" });
    }
    return await this.#send("fetch", {
      method,
      url,
      headers: joinHeaders(list),
      body: method === "GET" || method === "HEAD" ? null : body,
      signal,
      entry: this.#entry("fetch", "", this.#depthOf("fetch", depth)),
    });
  }

  async #invoke(
    { body, signal }: BindingCall,
    operation: "call" | "get",
    { path, depth }: { readonly path: readonly string[]; readonly depth: Plain },
  ): Promise<CallAnswer> {
    const shown = path.join(".");
    return await this.#send(shown, {
      method: "POST",
      url: `http://rpc/`,
      headers: "",
      body,
      signal,
      entry: this.#entry(operation, JSON.stringify(path), this.#depthOf(shown, depth)),
    });
  }

  #entry(operation: CallEntry["operation"], path: string, depth: number): CallEntry {
    const { entrypoint, props } = this.#aim;
    return { entrypoint, props, operation, path, depth };
  }

  /** @param shown what is called, for messages @param depth what the caller says of itself */
  #depthOf(shown: string, depth: Plain | undefined): number {
    const next = Number.isInteger(depth) && (depth as number) >= 0 ? 1 + (depth as number) : Infinity;
    if (next > MAX_RPC_DEPTH) {
      throw this.#error(shown, `the request went through ${MAX_RPC_DEPTH} apps already`, { code: "LOOP" });
    }
    return next;
  }

  async #send(shown: string, init: Omit<ServiceCallInit, "app">): Promise<CallAnswer> {
    const target = this.#tools.target();
    if (target === null) {
      throw this.#error(shown, `there is no app "${this.#aim.service}"`, { code: "APP_NOT_FOUND" });
    }
    const call = new ServiceCall({ ...init, app: target.app.name }, this.#tools);
    (target.choose?.() ?? target).fetch(call);
    return await call.answer.catch((error) => {
      if (!(error instanceof NanoError)) throw error;
      // As of a method: what the other app's handler threw is thrown at who asked.
      if (error.code === "APP_EXCEPTION" && isThrown(error.cause)) {
        throw new BindingError(error.cause.message, { name: error.cause.name, code: error.code });
      }
      // As little as a client would be told.
      throw this.#error(shown, ERROR_CODES[error.code].meaning, { code: error.code });
    });
  }

  #error(shown: string, why: string, as: { readonly name?: string; readonly code?: string }): BindingError {
    const { name } = this.#aim;
    return new BindingError(
      `Cannot ${shown === "fetch" ? "fetch from" : "call"} env.${name}${shown === "fetch" ? "" : `.${shown}`}: ${why}`,
      as,
    );
  }
}

function isThrown(cause: unknown): cause is { readonly name: string; readonly message: string } {
  const { name, message } = (cause ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  return typeof name === "string" && typeof message === "string";
}

function isWebUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:");
}

function isPath(path: readonly Plain[]): path is string[] {
  return path.length > 0 && path.length <= MAX_RPC_PATH &&
    path.every((name) => typeof name === "string" && name.length <= MAX_RPC_NAME);
}
