/** `HTMLRewriter` as Workers have it, over lol-html in WebAssembly; nothing of it is compiled before a selector is named. */

import { handle, takeStreams } from "./inserted_streams.ts";

// For the engines, which are made beside this module.
export { takeStreams };

/** lol-html's own class; one of it is one document. */
interface Rewriter {
  on(selector: string, handlers: Record<string, Handler>): void;
  onDocument(handlers: Record<string, Handler>): void;
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
  free(): void;
}

/** An instance of lol-html with a memory of its own. */
interface Engine {
  readonly HTMLRewriter: new (output: (chunk: Uint8Array) => void) => Rewriter;
}

/** Where engines come from; runtime/bundle/html_rewriter_source.ts puts it beside this module. */
export interface EngineSource {
  /** The WebAssembly module, in base64. */
  readonly wasm: string;
  readonly makeEngine: (module: WebAssembly.Module) => Engine;
}

/** What is called with an element, a comment or a piece of text. */
type Handler = (token: unknown) => void | Promise<void>;
/** An app's object with some of them. */
type Handlers = Readonly<Record<string, unknown>>;

/** Input is handed over in pieces, so that WebAssembly's memory stays small. */
const PIECE_BYTES = 64 * 1024;
/** Engines that wait for their next document; each holds 1 to 2 MB. */
const MAX_IDLE = 4;
const MAX_KNOWN = 1_000;
const ELEMENT_HANDLERS = ["element", "comments", "text"];
const DOCUMENT_HANDLERS = ["doctype", "comments", "text", "end"];

/**
 * One at a time goes through each: the stack of an engine that waits for an asynchronous handler lies in its memory, and
 * another document's would be put over it.
 */
const idle: Engine[] = [];
/** Selectors that lol-html has taken. */
const known = new Set<string>();
let source: EngineSource | null = null;
let compiled: WebAssembly.Module | null = null;

function openEngine(): Engine {
  const { wasm, makeEngine } = source!;
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasm), (char) => char.charCodeAt(0)));
  return makeEngine(compiled);
}

/** Told at once, and not to who reads the body. */
function checkSelector(selector: string): void {
  if (known.has(selector)) return;
  const engine = idle.pop() ?? openEngine();
  const rewriter = new engine.HTMLRewriter(() => {});
  try {
    rewriter.on(selector, {});
  } catch (error) {
    // Its engine is given up: what a failure leaves in there is nobody's to know.
    throw new TypeError(error instanceof Error ? error.message : String(error));
  }
  rewriter.free();
  idle.push(engine);
  if (known.size < MAX_KNOWN) known.add(selector);
}

/** Rewrites the bodies of responses. */
class HTMLRewriter {
  readonly #registered: ((rewriter: Rewriter) => void)[] = [];

  /** @param selector of CSS, as far as lol-html has it @throws {TypeError} for another one */
  on(selector: string, handlers: Handlers): this {
    const name = String(selector);
    const bound = boundHandlers(handlers, ELEMENT_HANDLERS);
    checkSelector(name);
    this.#registered.push((rewriter) => rewriter.on(name, bound));
    return this;
  }

  onDocument(handlers: Handlers): this {
    const bound = boundHandlers(handlers, DOCUMENT_HANDLERS);
    this.#registered.push((rewriter) => rewriter.onDocument(bound));
    return this;
  }

  /** The same response with its body rewritten while it is read. */
  transform(response: Response): Response {
    if (!(response instanceof Response)) {
      throw new TypeError("Failed to execute 'transform' on 'HTMLRewriter': parameter 1 is not of type 'Response'.");
    }
    const { body, status, statusText } = response;
    const headers = new Headers(response.headers);
    if (body === null) return new Response(null, { status, statusText, headers });
    headers.delete("content-length");
    return new Response(rewritten(body, [...this.#registered]), { status, statusText, headers });
  }

  get [Symbol.toStringTag](): string {
    return "HTMLRewriter";
  }
}

/** Handlers may be methods of a class, and are called as such. */
function boundHandlers(handlers: Handlers, names: readonly string[]): Record<string, Handler> {
  if ((typeof handlers !== "object" && typeof handlers !== "function") || handlers === null) {
    throw new TypeError("Cannot register handlers with HTMLRewriter: they must be an object");
  }
  const bound: Record<string, Handler> = {};
  for (const name of names) {
    const handler = handlers[name];
    if (handler === undefined || handler === null) continue;
    if (typeof handler !== "function") throw new TypeError(`Cannot register "${name}": it must be a function`);
    bound[name] = (token) => handle((given) => (handler as Handler).call(handlers, given), token as object);
  }
  return bound;
}

function rewritten(
  body: ReadableStream<Uint8Array>,
  registered: readonly ((rewriter: Rewriter) => void)[],
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const made: Uint8Array[] = [];
  let work: { readonly engine: Engine; readonly rewriter: Rewriter } | null = null;
  const begin = () => {
    const engine = idle.pop() ?? openEngine();
    const rewriter = new engine.HTMLRewriter((chunk) => void (chunk.byteLength > 0 && made.push(chunk.slice())));
    work = { engine, rewriter };
    for (const register of registered) register(rewriter);
    return work;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { engine, rewriter } = work ?? begin();
        let done = false;
        while (made.length === 0 && !done) {
          const result = await reader.read();
          if (result.done) {
            await rewriter.end();
            done = true;
          } else {
            for (let at = 0; at < result.value.byteLength; at += PIECE_BYTES) {
              await rewriter.write(result.value.subarray(at, at + PIECE_BYTES));
            }
          }
        }
        for (const chunk of made.splice(0)) controller.enqueue(chunk);
        if (!done) return;
        rewriter.free();
        if (idle.length < MAX_IDLE) idle.push(engine);
        controller.close();
      } catch (error) {
        // The engine may have been left in the midst of something: nobody uses it again.
        reader.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Makes it a global, as the app finds it. */
export function install(target: object, engines: EngineSource): void {
  source = engines;
  Object.defineProperty(target, "HTMLRewriter", { value: HTMLRewriter, writable: true, configurable: true });
}
