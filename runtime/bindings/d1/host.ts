/** What a D1 database does in the host: bounds what an app asks, passes it on, sends back what it came to. */
import type { ByteBudget } from "../../data/byte_budget.ts";
import { chunked } from "../../data/chunked.ts";
import type { D1Answer, D1Store } from "../../data/d1_store.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
} from "../../protocol/binding_call.ts";

/** SQL and parameters of one call: a batch of a few values of 2 MB, whose bytes are JSON of up to four characters. */
const MAX_ASKED_BYTES = 32 * 1024 * 1024;
/** Answers up to this cross whole; longer ones are streamed. */
const WHOLE_BYTES = 256 * 1024;

type Method = "query" | "batch" | "exec";

/** What a database works with. */
export interface D1Tools {
  readonly store: D1Store;
  /** What long calls and answers have to wait for. */
  readonly budget: ByteBudget;
  /** What the database may hold. */
  readonly maxBytes: number;
}

/** One app's hold of a database. */
export class D1Host implements BindingHost {
  readonly methods = ["query", "batch", "exec"];
  storedBytes: number | null = null;
  readonly #tools: D1Tools;

  constructor(tools: D1Tools) {
    this.#tools = tools;
  }

  /** Answers the methods of d1/isolate.ts. */
  call({ method, args: [length], body, signal }: BindingCall): CallAnswer | Promise<CallAnswer> {
    if (method !== "query" && method !== "batch" && method !== "exec") {
      throw new BindingError(`Cannot call "${method}" of a D1 database: it has no such method`, { name: "TypeError" });
    }
    const asked = typeof length === "number" ? length : 0;
    if (!(asked <= MAX_ASKED_BYTES)) throw tooLong(asked);
    // What has come whole is here already; what is streamed waits for its part of the budget.
    return body instanceof ReadableStream
      ? this.#runStreamed(method, { body, asked, signal })
      : this.#run(method, wholeOf(body), signal);
  }

  #run(method: Method, statements: Uint8Array | string, signal: AbortSignal): CallAnswer | Promise<CallAnswer> {
    const { store, budget, maxBytes } = this.#tools;
    const answer = store.run(method, statements, { maxBytes, signal, budget });
    return answer instanceof Promise ? answer.then((one) => this.#shown(one)) : this.#shown(answer);
  }

  async #runStreamed(method: Method, { body, asked, signal }: {
    readonly body: ReadableStream<Uint8Array>;
    readonly asked: number;
    readonly signal: AbortSignal;
  }): Promise<CallAnswer> {
    const giveBack = await this.#tools.budget.take(asked, signal);
    try {
      return await this.#run(method, await collect(body, asked), signal);
    } finally {
      giveBack();
    }
  }

  #shown({ json, storedBytes, giveBack }: D1Answer): CallAnswer {
    this.storedBytes = storedBytes;
    if (typeof json !== "string" && json.byteLength > WHOLE_BYTES) return { values: [], body: chunked(json, giveBack) };
    giveBack();
    return { values: [], body: json };
  }

  [Symbol.dispose](): void {}
}

function tooLong(bytes: number): BindingError {
  return new BindingError(
    `D1_ERROR: The statements of a call take ${bytes} bytes, ${MAX_ASKED_BYTES} are allowed: SQLITE_TOOBIG`,
  );
}

function wholeOf(body: Exclude<CallBody, ReadableStream>): Uint8Array | string {
  const whole = body ?? "";
  const length = typeof whole === "string" ? 3 * whole.length : whole.byteLength;
  if (length > MAX_ASKED_BYTES) throw tooLong(length);
  return whole;
}

async function collect(body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const whole = new Uint8Array(most);
  let filled = 0;
  for await (const chunk of body) {
    if (filled + chunk.byteLength > most) throw tooLong(filled + chunk.byteLength);
    whole.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return whole.subarray(0, filled);
}
