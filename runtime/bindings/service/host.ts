/** What `env.OTHER.fetch` does: hands a request to another app of this NANO, without a connection. */
import type { AnswerBody, AppCall, HostSocket, Patience } from "../../app_call.ts";
import type { Clock } from "../../clock.ts";
import { ERROR_CODES, NanoError } from "../../errors.ts";
import type { NanoEvent } from "../../events.ts";
import type { AppTarget } from "../../http/router.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
  type FetchedValues,
} from "../../protocol/binding_call.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { endOfCode, type RequestEnd } from "../../request_end.ts";

/** How many apps stand between a client and this request; Cloudflare allows 16 as well. */
const DEPTH_HEADER = "nano-service-depth";
const MAX_DEPTH = 16;
/** RFC 9110, 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex -- they are what no header has
const VALUE = /^[^\x00\n\r\u0100-\uffff]*$/;
/** Nobody measures another app as a client: its calls have deadlines of their own. */
const PATIENCE: Patience = { writeStallMs: 60_000, bodyWindowMs: 15_000, bodyBytesPerSecond: 0 };

/** What the host's part works with. */
export interface ServiceTools {
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Who takes the next request of an app, or null without such an app. */
  readonly target: () => AppTarget | null;
}

/** The way from one app to another. */
export class ServiceHost implements BindingHost {
  readonly methods = ["fetch"];
  readonly #name: string;
  readonly #service: string;
  readonly #tools: ServiceTools;

  /** @param name of the binding in `env` @param service the app, as messages call it */
  constructor({ name, service }: { readonly name: string; readonly service: string }, tools: ServiceTools) {
    this.#name = name;
    this.#service = service;
    this.#tools = tools;
  }

  /** Answers `fetch`, and no other method. */
  async call({ method: name, args, body, signal }: BindingCall): Promise<CallAnswer> {
    const [method, url, headers] = args;
    if (name !== "fetch" || typeof method !== "string" || typeof url !== "string" || typeof headers !== "string") {
      throw new BindingError(`Cannot call env.${this.#name}.${name}: NANO has no RPC between apps`, {
        name: "TypeError",
      });
    }
    const list = splitHeaders(headers);
    // What its own isolate cannot have made would be the other app's fault in log and metrics.
    if (
      !TOKEN.test(method) || !isWebUrl(url) || !list.every(([name, value]) => TOKEN.test(name) && VALUE.test(value))
    ) {
      throw new BindingError(`Cannot fetch from env.${this.#name}: this is no request`, { name: "TypeError" });
    }
    const written = list.find(([name]) => name.toLowerCase() === DEPTH_HEADER)?.[1] ?? "0";
    // An app may write anything there, and a client as well.
    const depth = /^\d{1,2}$/.test(written) ? 1 + Number(written) : Infinity;
    if (depth > MAX_DEPTH) this.#refuse(`the request went through ${MAX_DEPTH} apps already`, "LOOP");
    const target = this.#tools.target();
    if (target === null) this.#refuse(`there is no app "${this.#service}"`, "APP_NOT_FOUND");
    const others = list.filter(([name]) => name.toLowerCase() !== DEPTH_HEADER);
    const call = new ServiceCall({
      app: target.app.name,
      method,
      url,
      headers: joinHeaders([...others, [DEPTH_HEADER, `${depth}`]]),
      body: method === "GET" || method === "HEAD" ? null : body,
      signal,
    }, this.#tools);
    (target.choose?.() ?? target).fetch(call);
    return await call.answer.catch((error) => {
      if (!(error instanceof NanoError)) throw error;
      // As little as a client would be told.
      return this.#refuse(ERROR_CODES[error.code].meaning, error.code);
    });
  }

  [Symbol.dispose](): void {}

  #refuse(why: string, code: string): never {
    throw new BindingError(`Cannot fetch from env.${this.#name}: ${why}`, { code });
  }
}

interface ServiceCallInit {
  readonly app: string;
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly body: CallBody;
  readonly signal: AbortSignal;
}

/** One request on its way; the app that asks is its client. */
class ServiceCall implements AppCall {
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly remote = "127.0.0.1 0";
  readonly declaredBytes: number | null = null;
  readonly startedAt: number;
  readonly patience = PATIENCE;
  readonly answer: Promise<CallAnswer>;
  readonly #init: ServiceCallInit;
  readonly #tools: ServiceTools;
  readonly #answered = Promise.withResolvers<CallAnswer>();
  #status = 0;

  constructor(init: ServiceCallInit, tools: ServiceTools) {
    this.#init = init;
    this.#tools = tools;
    this.method = init.method;
    this.url = init.url;
    this.headers = init.headers;
    this.startedAt = tools.clock.now();
    this.answer = this.#answered.promise;
  }

  takeBody(): CallBody {
    return this.#init.body;
  }

  onClientGone(callback: () => void): void {
    const { signal } = this.#init;
    if (signal.aborted) callback();
    else signal.addEventListener("abort", callback, { once: true });
  }

  respond(status: number, headers: string, body: AnswerBody): void {
    this.#status = status;
    const values: FetchedValues = [status, headers];
    this.#answered.resolve({ values, body });
    if (!(body instanceof ReadableStream)) this.#tell(body === null ? 0 : body.length, null, "done");
  }

  fail(error: NanoError, end: RequestEnd = endOfCode(error.code)): void {
    this.#status = ERROR_CODES[error.code].status ?? 500;
    this.#answered.reject(error);
    this.#tell(0, error.code, end);
  }

  leave(): void {
    this.#status = 499;
    this.#answered.reject(new BindingError("The call was given up", { name: "AbortError" }));
    this.#tell(0, null, "client_gone");
  }

  upgrade(): HostSocket {
    throw new TypeError("no WebSocket goes through a service binding");
  }

  finish(bytes: number, end: RequestEnd): void {
    this.#tell(bytes, null, end);
  }

  #tell(bytes: number, code: string | null, end: RequestEnd): void {
    const { app, method, url } = this.#init;
    this.#tools.emit({
      event: "request",
      app,
      method,
      path: new URL(url).pathname,
      status: this.#status,
      bytes,
      durationMs: this.#tools.clock.now() - this.startedAt,
      requestId: crypto.randomUUID(),
      code,
      end,
    });
  }
}

function isWebUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:");
}
