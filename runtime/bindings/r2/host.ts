/** What an R2 bucket does: checks what an app says as Workers do, keeps objects in a store. */
import type { ByteBudget } from "../../data/byte_budget.ts";
import { chunked } from "../../data/chunked.ts";
import { FILE_WINDOW_BYTES } from "../../data/file_thread.ts";
import type { R2Body, R2Store, R2Written } from "../../data/r2_store.ts";
import { r2Error } from "../../data/r2_error.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
} from "../../protocol/binding_call.ts";
import {
  checkedKey,
  getOptions,
  type GivenMetadata,
  keptMetadata,
  listOptions,
  MAX_OBJECT_BYTES,
  parsed,
  putOptions,
  sentKeys,
  sentParts,
} from "./host_checks.ts";

/** Longer answers are streamed. */
const WHOLE_BYTES = 256 * 1024;
/** What a list of keys or parts may take; 10,000 parts of 70 bytes are less. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a bucket works with. */
export interface R2Tools {
  readonly store: R2Store;
  /** What streams on their way in have to wait for. */
  readonly budget: ByteBudget;
  /** What the bucket may hold. */
  readonly maxBytes: number;
}

type Method = (key: string, call: BindingCall) => Promise<CallAnswer>;

/** One app's hold of a bucket. */
export class R2Host implements BindingHost {
  storedBytes: number | null = null;
  readonly #tools: R2Tools;
  /** Of answers that are being read. */
  readonly #closing = new AbortController();
  readonly #methods: Readonly<Record<string, Method>> = {
    head: async (key) => answered(await this.#tools.store.head(key)),
    get: (key, { args, signal }) => this.#get(key, args[1], signal),
    put: (key, call) => this.#put(key, call),
    createMultipartUpload: async (key, { args }) => {
      const metadata = keptMetadata("createMultipartUpload", parsed(args[1]) as GivenMetadata);
      const { store, maxBytes } = this.#tools;
      return answered(await store.createUpload(key, { ...metadata, maxBytes }));
    },
    uploadPart: (key, call) => this.#uploadPart(key, call),
    completeMultipartUpload: async (key, { args: [, upload], body }) => {
      const parts = sentParts(parsed(await textOf(body)));
      return this.#written(await this.#tools.store.completeUpload(key, textArg(upload), parts));
    },
    abortMultipartUpload: async (key, { args }) => {
      this.storedBytes = await this.#tools.store.abortUpload(key, textArg(args[1]));
      return answered(null);
    },
  };
  readonly methods: readonly string[] = [...Object.keys(this.#methods), "delete", "list"];

  constructor(tools: R2Tools) {
    this.#tools = tools;
  }

  /** Answers the methods of r2/isolate.ts. */
  async call(call: BindingCall): Promise<CallAnswer> {
    const { method, args, body } = call;
    const { store } = this.#tools;
    if (method === "delete") {
      const keys = sentKeys(parsed(await textOf(body))).map((key) => checkedKey(method, key));
      this.storedBytes = await store.delete(keys);
      return answered(null);
    }
    if (method === "list") {
      const page = await store.list(listOptions(parsed(args[0])));
      const isShort = page.objects.length <= WHOLE_BYTES;
      const objects = isShort ? page.objects : chunked(encoder.encode(page.objects), () => {});
      return { values: [page.cursor, page.prefixes], body: objects };
    }
    const run = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined;
    if (run === undefined) {
      throw new BindingError(`Cannot call "${method}" of an R2 bucket: it has no such method`, { name: "TypeError" });
    }
    return await run(checkedKey(method, args[0]), call);
  }

  /** Closes the files of answers that are being read. */
  [Symbol.dispose](): void {
    this.#closing.abort(new Error("The app has ended"));
  }

  async #get(key: string, asked: unknown, signal: AbortSignal): Promise<CallAnswer> {
    const options = { ...getOptions(parsed(asked)), signal: AbortSignal.any([signal, this.#closing.signal]) };
    const found = await this.#tools.store.get(key, options);
    if (found === null) return { values: [], body: null };
    const { entry, content } = found;
    if (content === null) return { values: [entry], body: null };
    return { values: [entry, content.offset, content.length], body: content.body };
  }

  async #put(key: string, { args, body, signal }: BindingCall): Promise<CallAnswer> {
    const { store, maxBytes } = this.#tools;
    const { bytes, size } = bytesOf("put", body, args[2]);
    const options = putOptions(parsed(args[1]));
    const put = () => store.put(key, bytes, { ...options, size, maxBytes, signal });
    return this.#written(await this.#inTurn({ bytes, size, signal }, put));
  }

  async #uploadPart(key: string, { args: [, upload, number, length], body, signal }: BindingCall): Promise<CallAnswer> {
    const { store, maxBytes } = this.#tools;
    const { bytes, size } = bytesOf("uploadPart", body, length);
    if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > 10_000) {
      throw r2Error("uploadPart", "invalidArgument");
    }
    const part = { upload: textArg(upload), number };
    const put = () => store.uploadPart(key, part, bytes, { size, maxBytes, signal });
    const { etag, storedBytes } = await this.#inTurn({ bytes, size, signal }, put);
    this.storedBytes = storedBytes;
    return answered(etag);
  }

  /** What is streamed waits for its part of the budget, what has come whole is here already. */
  async #inTurn<Result>(
    { bytes, size, signal }: { readonly bytes: R2Body; readonly size: number; readonly signal: AbortSignal },
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (bytes instanceof Uint8Array) return await run();
    const giveBack = await this.#tools.budget.take(Math.min(size, FILE_WINDOW_BYTES), signal);
    try {
      return await run();
    } finally {
      giveBack();
    }
  }

  #written({ entry, storedBytes }: R2Written): CallAnswer {
    this.storedBytes = storedBytes;
    return answered(entry);
  }
}

function answered(value: string | null): CallAnswer {
  return { values: [value], body: null };
}

function textArg(value: unknown): string {
  if (typeof value !== "string") throw new BindingError("Cannot call an R2 bucket: a text is missing");
  return value;
}

/** The bytes of a value, and how many it has or promises. */
function bytesOf(action: string, body: CallBody, length: unknown): { readonly bytes: R2Body; readonly size: number } {
  if (body instanceof ReadableStream) {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw r2Error(action, "invalidArgument");
    }
    if (length > MAX_OBJECT_BYTES) throw r2Error(action, "entityTooLarge");
    return { bytes: body, size: length };
  }
  const bytes = typeof body === "string" ? encoder.encode(body) : body ?? new Uint8Array();
  return { bytes, size: bytes.byteLength };
}

async function textOf(body: CallBody): Promise<string> {
  if (typeof body === "string" || body === null) return body ?? "null";
  if (!(body instanceof ReadableStream)) return decoder.decode(body);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > MAX_LIST_BYTES) throw new BindingError("Cannot call an R2 bucket: its list is too long");
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
  }
  return await new Blob(chunks).text();
}
