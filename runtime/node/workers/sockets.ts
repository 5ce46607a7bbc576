/** What a WebSocket of Workers carries with it for a time of hibernation, which there is none of here. */

/** Bytes of one attachment. https://developers.cloudflare.com/durable-objects/api/websockets/ */
const MAX_ATTACHMENT_BYTES = 16_384;

const attachments = new WeakMap<WebSocket, unknown>();

/** An answer that Cloudflare would give by itself to a hibernating app's client. */
export class WebSocketRequestResponsePair {
  readonly #request: string;
  readonly #response: string;

  constructor(request: unknown, response: unknown) {
    this.#request = String(request);
    this.#response = String(response);
  }

  get request(): string {
    return this.#request;
  }

  get response(): string {
    return this.#response;
  }
}

/** Methods of every socket. */
export const attachmentMethods = {
  serializeAttachment(this: WebSocket, value: unknown): void {
    const copy = structuredClone(value);
    const size = sizeOf(copy, new Set());
    if (size > MAX_ATTACHMENT_BYTES) {
      throw new Error(`serializeAttachment(): value cannot be larger than ${MAX_ATTACHMENT_BYTES} bytes`);
    }
    attachments.set(this, copy);
  },

  deserializeAttachment(this: WebSocket): unknown {
    return attachments.has(this) ? structuredClone(attachments.get(this)) : null;
  },
};

/** Bytes of a cloned value, about: texts, buffers, and 8 for each value. */
function sizeOf(value: unknown, seen: Set<unknown>): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null || seen.has(value)) return 8;
  seen.add(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return 8 + value.byteLength;
  const parts = value instanceof Map
    ? [...value].flat()
    : value instanceof Set
    ? [...value]
    : Object.entries(value).flat();
  return parts.reduce((sum: number, part) => sum + sizeOf(part, seen), 8);
}
