/** A queue as the app holds it to send to it, by the interface that Workers know. */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  bytesLength,
  bytesSet,
  defineMember,
  encodeText,
  isNotANumber,
  ITERATOR,
  NativeError,
  NativeNumber,
  NativeString,
  NativeTypeError,
  NativeUint8Array,
  stringify,
  stringToLowerCase,
  trunc,
} from "../../protocol/primordials.ts";
import { missingParameter } from "../../protocol/parameters.ts";
import { append } from "../../protocol/safe_lists.ts";
import { bytesOfView, isView } from "../../protocol/views.ts";
import type { BindingPort, Plain } from "../../protocol/binding_call.ts";

// https://developers.cloudflare.com/queues/platform/limits/
const MAX_MESSAGES = 100;
const MAX_MESSAGE_BYTES = 128_000;
const MAX_BATCH_BYTES = 256_000;

const NativeDate = Date;

/** Bytes of any value that structuredClone takes. */
export type BytesOfValue = (value: unknown) => Uint8Array<ArrayBuffer>;

type MessageType = "text" | "bytes" | "json" | "v8";

/** Named as on Workers; an app gets one and makes none. */
class WorkerQueue {
  readonly #port: BindingPort;
  readonly #bytesOf: BytesOfValue;

  constructor(port: BindingPort, bytesOf: BytesOfValue) {
    this.#port = port;
    this.#bytesOf = bytesOf;
  }

  /** Sends a message; it is kept when the promise settles. */
  async send(message: unknown, options?: unknown): Promise<unknown> {
    if (arguments.length < 1) {
      throw missingParameter(1, bare({ method: "send", owner: "WorkerQueue", type: "JsValue" }));
    }
    if (message === undefined) throw new NativeTypeError("Message body cannot be undefined");
    const { contentType, delaySeconds } = membersOf(options);
    const type = typeOf(contentType);
    const body = bodyOf(message, type, this.#bytesOf);
    const length = bytesLength(body);
    if (length > MAX_MESSAGE_BYTES) {
      throw new NativeError(
        `Queue send failed: message length of ${length} bytes exceeds limit of ${MAX_MESSAGE_BYTES}`,
      );
    }
    return await sent(this.#port, "send", [secondsOf(delaySeconds), type, null, length], body);
  }

  /** Sends up to 100 messages at once: all of them are kept, or none. */
  async sendBatch(messages: unknown, options?: unknown): Promise<unknown> {
    const requests = requestsOf(messages);
    const { delaySeconds } = membersOf(options);
    const args: Plain[] = [secondsOf(delaySeconds)];
    const bodies: Uint8Array[] = [];
    let total = 0;
    for (let at = 0; at < requests.length; at++) {
      const { body: message, contentType, delaySeconds: own } = requests[at]!;
      if (message === undefined) throw new NativeTypeError("Message body cannot be undefined");
      const type = typeOf(contentType);
      const body = bodyOf(message, type, this.#bytesOf);
      const length = bytesLength(body);
      if (length > MAX_MESSAGE_BYTES) {
        const rule = `exceeds single message size limit of ${MAX_MESSAGE_BYTES}`;
        throw new NativeError(`Queue sendBatch failed: message in batch has length ${length} bytes which ${rule}`);
      }
      total += length;
      append(bodies, body);
      append(args, type);
      append(args, secondsOf(own));
      append(args, length);
    }
    if (total > MAX_BATCH_BYTES) {
      throw new NativeError(
        `Queue sendBatch failed: batch size of ${total} bytes exceeds limit of ${MAX_BATCH_BYTES}`,
      );
    }
    const whole = new NativeUint8Array(total);
    for (let at = 0, from = 0; at < bodies.length; from += bytesLength(bodies[at]!), at++) {
      bytesSet(whole, bodies[at]!, from);
    }
    return await sent(this.#port, "sendBatch", args, whole);
  }

  /** What waits in the queue. */
  async metrics(): Promise<unknown> {
    return metricsOf((await this.#port.call("metrics", [])).values);
  }
}

/** Makes the binding. */
export function createQueue(port: BindingPort, bytesOf: BytesOfValue): unknown {
  return new WorkerQueue(port, bytesOf);
}

async function sent(port: BindingPort, method: string, args: readonly Plain[], body: Uint8Array): Promise<unknown> {
  const { values } = await port.call(method, args, bare({ body }));
  return { metadata: { metrics: metricsOf(values) } };
}

function metricsOf(values: readonly Plain[]): object {
  const metrics = { backlogCount: values[0], backlogBytes: values[1] };
  const oldest = values[2];
  if (typeof oldest === "number") defineMember(metrics, "oldestMessageTimestamp", new NativeDate(oldest), true);
  return metrics;
}

/** What is to be sent, from whatever can be iterated. */
function requestsOf(messages: unknown): Record<string, unknown>[] {
  const start = (messages as Partial<Iterable<unknown>> | null | undefined)?.[ITERATOR];
  if (typeof start !== "function") {
    throw new NativeTypeError("sendBatch() requires an iterable of messages, such as [{ body: … }]");
  }
  const requests: Record<string, unknown>[] = [];
  const iterator = apply(start, messages, []) as Iterator<unknown>;
  let count = 0;
  for (;;) {
    const step = iterator.next();
    if (step.done === true) break;
    const { value } = step;
    if (typeof value !== "object" || value === null) {
      throw new NativeTypeError("sendBatch() requires messages as objects, such as { body: … }");
    }
    // Those beyond are only counted, for the message.
    if (++count <= MAX_MESSAGES) append(requests, value as Record<string, unknown>);
  }
  if (count === 0) throw new NativeTypeError("sendBatch() requires at least one message");
  if (count > MAX_MESSAGES) {
    throw new NativeError(
      `Queue sendBatch failed: batch message count of ${count} exceeds limit of ${MAX_MESSAGES}`,
    );
  }
  return requests;
}

function membersOf(options: unknown): Record<string, unknown> {
  return options === undefined || options === null ? bare({}) : options as Record<string, unknown>;
}

function typeOf(contentType: unknown): MessageType {
  if (contentType === undefined) return "json";
  const type = stringToLowerCase(NativeString(contentType));
  if (type === "text" || type === "bytes" || type === "json" || type === "v8") return type;
  throw new NativeTypeError(`Unsupported queue message content type: ${NativeString(contentType)}`);
}

/** Whole seconds, as Workers read them; NaN for what is no number, which the host refuses. */
function secondsOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const seconds = NativeNumber(value);
  return isNotANumber(seconds) ? seconds : trunc(seconds);
}

function bodyOf(message: unknown, type: MessageType, bytesOf: BytesOfValue): Uint8Array {
  switch (type) {
    case "text":
      if (typeof message !== "string") throw wrongType(type, "string", message);
      return encodeText(message);
    case "bytes":
      if (!isView(message)) throw wrongType(type, "ArrayBufferView", message);
      return bytesOfView(message);
    case "json": {
      const text = stringify(message) as string | undefined;
      if (text === undefined) throw new NativeTypeError("Message body cannot be written as JSON");
      return encodeText(text);
    }
    case "v8":
      return bytesOf(message);
  }
}

function wrongType(type: string, wanted: string, message: unknown): TypeError {
  return new NativeTypeError(
    `Content Type "${type}" requires a value of type ${wanted}, but received: ${typeof message}`,
  );
}
