/**
 * Deno's inner slots of Request and Response, found by symbol description and proven by a self-test.
 *
 * Reading and building through them saves about 7 us a request at the front door (tests/bench/). Nothing else in NANO
 * touches them, and `innerSlots` is null when this Deno looks different, so that every caller keeps a public-API path.
 */
// deno-lint-ignore-file no-explicit-any
import type { HeaderList } from "./header_block.ts";

// An app may replace the global; the wall keeps the class it was loaded with.
const NativeReadableStream = ReadableStream;
const NativeBytes = Uint8Array;

/** A body at hand, or a stream. */
export type InnerBodyContent = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** What a request's inner object answers; Deno.serve's own and ours both do. */
export interface InnerRequest {
  readonly method: string;
  url(): string;
  readonly headerList: HeaderList;
  readonly body: any;
  onCancel?(callback: () => void): void;
}

/** What can be read of a response without copying it. */
export interface InnerResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly body: InnerBodyContent;
}

/** What an answer to an outgoing request is made of. */
export interface FetchedParts {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly body: InnerBodyContent;
  readonly url: string;
  readonly redirected: boolean;
  /** Of the body, where it is known. */
  readonly length?: number | null;
}

/** Fast paths into Deno's fetch classes. */
export interface InnerSlots {
  /** The inner object of a request. */
  request(request: Request): InnerRequest;
  /** The body of an inner request, marked as consumed. */
  takeRequestBody(inner: InnerRequest): InnerBodyContent;
  /** A genuine Request over an inner object of ours. */
  makeRequest(inner: object): Request;
  /** An inner body for {@linkcode InnerSlots.makeRequest} or a response. @param length of a stream, where it is known */
  makeBody(content: Exclude<InnerBodyContent, null>, length?: number | null): object;
  /** A genuine Response from checked parts. */
  makeResponse(status: number, headers: HeaderList, body: string | Uint8Array | null): Response;
  /** A genuine Response as fetch gives it. */
  makeFetched(parts: FetchedParts): Response;
  /** What a response holds, its body marked as consumed; throws a TypeError when the body was used, null if it is no genuine Response. */
  takeResponse(response: Response): InnerResponse | null;
  /** Notes what a body was made of: clones of the request or response keep it. Nothing when there is no body. */
  noteSource(holder: Request | Response, source: { readonly size: number }): void;
  /** What was noted of the body, or what Deno itself made it of; null when there is nothing. */
  sourceOf(holder: Request | Response): unknown;
  /** From now on a body at hand becomes the stream that is made here, once somebody asks for it as one. */
  giveStreams(make: (content: string | Uint8Array<ArrayBuffer>) => ReadableStream): void;
  /** How long a body is: a number, or the text or bytes that it was made of; null when nobody knows. */
  lengthOf(holder: Request | Response): number | string | Uint8Array | null;
}

function discover(): InnerSlots | null {
  try {
    const slots = connect();
    return selfTest(slots) ? slots : null;
  } catch {
    // Another Deno, other insides: the public API serves, slower.
    return null;
  }
}

function slotOf(object: any, description: string): symbol {
  for (let level = object; level; level = Object.getPrototypeOf(level)) {
    for (const symbol of Object.getOwnPropertySymbols(level)) if (symbol.description === description) return symbol;
  }
  throw new TypeError(`Cannot find the inner slot "${description}"`);
}

class InnerResponseParts {
  readonly type: string = "default";
  readonly urlList: readonly unknown[] = [];
  readonly aborted = false;
  readonly bodyDecoded = false;
  constructor(
    readonly status: number,
    readonly statusMessage: string,
    readonly headerList: HeaderList,
    readonly body: unknown,
  ) {}
  url(): string | null {
    return null;
  }
}

class FetchedResponseParts extends InnerResponseParts {
  override readonly type = "basic";
  override readonly urlList: readonly unknown[];
  readonly #url: string;
  constructor(parts: FetchedParts, body: unknown) {
    super(parts.status, parts.statusText, parts.headers, body);
    this.#url = parts.url;
    this.urlList = parts.redirected ? [parts.url, parts.url] : [parts.url];
  }
  override url(): string {
    return this.#url;
  }
}

function connect(): InnerSlots {
  const request: any = new Request("http://self.test/", { method: "POST", body: "x" });
  const response: any = new Response("x", { status: 201, headers: [["x-a", "b"]] });
  const NativeRequest: any = Request;
  const NativeResponse: any = Response;
  const requestSlot = slotOf(request, "request");
  const requestGuard = slotOf(request, "headers guard");
  const brand = Object.getOwnPropertySymbols(request).find((symbol) => request[symbol] === symbol);
  if (brand === undefined) throw new TypeError("Cannot find the brand of Request");
  const responseSlot = slotOf(response, "response");
  const headers = slotOf(response, "headers");
  const guard = slotOf(response, "headers guard");
  const fastStatus = slotOf(response, "serve fast status");
  const fastBody = slotOf(response, "serve fast body");
  const fastKind = slotOf(response, "serve fast header kind");
  const fastContentType = slotOf(response, "serve fast content type");
  const fastConsumed = slotOf(response, "serve fast consumed");
  const native = slotOf(response, "serve native response");
  const lazyBody = slotOf(response, "lazy static body");
  const lazyContentType = slotOf(response, "lazy static content type");
  const InnerBody = request[requestSlot].body.constructor;

  function contentOf(body: any): InnerBodyContent {
    if (body === null || body === undefined) return null;
    const content = body.streamOrStatic;
    if (content.body === undefined) {
      if (content.locked) throw new TypeError("Body already used");
      return content;
    }
    if (content.consumed) throw new TypeError("Body already used");
    content.consumed = true;
    return content.body;
  }

  /** A Response around an inner object, in the state its constructor leaves behind. */
  function around(inner: InnerResponseParts, headersGuard: string): Response {
    const response = new NativeResponse(brand);
    response[responseSlot] = inner;
    response[headers] = null;
    response[guard] = headersGuard;
    response[fastStatus] = 0;
    response[fastBody] = null;
    response[fastKind] = 0;
    response[fastContentType] = null;
    response[fastConsumed] = false;
    response[native] = null;
    response[lazyBody] = null;
    response[lazyContentType] = null;
    return response;
  }

  function bodyOf(holder: any): any {
    return (holder[requestSlot] ?? holder[responseSlot])?.body ?? null;
  }

  return {
    request: (request) => (request as any)[requestSlot],
    takeRequestBody: (inner) => contentOf(inner.body),
    makeRequest(inner) {
      const request = new NativeRequest(brand);
      request[requestSlot] = inner;
      request[requestGuard] = "immutable";
      return request;
    },
    makeBody(content, length = null) {
      if (content instanceof NativeReadableStream) {
        const body = new InnerBody(content);
        body.length = length;
        return body;
      }
      const body = new InnerBody({ body: content, consumed: false });
      // As Deno's own constructors leave it.
      body.source = content;
      return body;
    },
    makeResponse(status, headerList, body) {
      const inner = body === null ? null : new InnerBody({ body, consumed: false });
      if (inner !== null) inner.source = body;
      return around(new InnerResponseParts(status, "", headerList, inner), "response");
    },
    makeFetched(parts) {
      const body: any = parts.body === null ? null : this.makeBody(parts.body, parts.length ?? null);
      return around(new FetchedResponseParts(parts, body), "immutable");
    },
    takeResponse(response: any) {
      const inner = response[responseSlot];
      if (inner === undefined || inner === null) return null;
      // Only the public getter tells of a reader that was released, which leaves a stream unlocked but used. It also
      // makes Deno put a lazy static body and its content type where they belong, so it has to come first.
      if (response.bodyUsed) throw new TypeError("Body already used");
      // Where the constructor got an init, the content type of a text is put in place by this getter only.
      if (typeof response[lazyContentType] === "string") void response.headers;
      const { status, statusMessage, headerList, body } = inner;
      return { status, statusText: statusMessage, headers: headerList, body: contentOf(body) };
    },
    noteSource(holder, source) {
      const body = bodyOf(holder);
      if (body === null) return;
      body.source = source;
      body.length = source.size;
    },
    sourceOf: (holder) => bodyOf(holder)?.source ?? null,
    giveStreams(make) {
      const kept = Object.getOwnPropertyDescriptor(InnerBody.prototype, "stream")!;
      const native = kept.get!;
      const { apply } = Reflect;
      const { get } = Object.getOwnPropertyDescriptor({
        get stream(): ReadableStream {
          const self = this as any;
          const { body, consumed } = self.streamOrStatic;
          if (consumed === false && body !== undefined) self.streamOrStatic = make(body);
          return apply(native, this, []);
        },
      }, "stream")!;
      Object.defineProperty(InnerBody.prototype, "stream", { ...kept, get: get! });
    },
    lengthOf(holder: any) {
      // A text that the response has not made a body of yet.
      const text = holder[lazyBody] ?? holder[fastBody];
      if (typeof text === "string" || text instanceof NativeBytes) return text;
      const body = bodyOf(holder);
      if (typeof body?.length === "number") return body.length;
      const source = body?.source;
      return typeof source === "string" || source instanceof NativeBytes ? source : null;
    },
  };
}

/** Builds and reads one of each; any difference to the public API turns the fast paths off. */
function selfTest(slots: InnerSlots): boolean {
  const made = slots.makeResponse(418, [["x-a", "1"], ["x-a", "2"]], "tea");
  if (!(made instanceof Response) || made.status !== 418 || made.headers.get("x-a") !== "1, 2") return false;
  const taken = slots.takeResponse(made);
  if (taken === null || taken.status !== 418 || taken.body !== "tea" || taken.headers.length !== 2) return false;
  const plain = slots.takeResponse(new Response("é", { headers: { "content-type": "text/x" } }));
  if (plain === null || plain.body !== "é" || plain.headers[0]?.[1] !== "text/x") return false;
  for (const response of [new Response("y"), new Response("y", {}), new Response("y", { status: 200 })]) {
    const lazy = slots.takeResponse(response);
    if (lazy === null || lazy.body !== "y" || lazy.headers.length !== 1) return false;
    if (lazy.headers[0]?.[1] !== "text/plain;charset=UTF-8") return false;
  }
  const stream = slots.takeResponse(new Response(new ReadableStream()));
  if (slots.lengthOf(new Response("é")) !== "é") return false;
  if (stream === null || !(stream.body instanceof ReadableStream)) return false;
  const source = new Request("http://self.test/p", { method: "PUT", body: "z", headers: { "x-b": "3" } });
  const inner = slots.request(source);
  if (inner.method !== "PUT" || inner.url() !== "http://self.test/p") return false;
  if (!inner.headerList.some(([name, value]) => name === "x-b" && value === "3")) return false;
  const note = { size: 5 };
  slots.noteSource(source, note);
  if (slots.sourceOf(source.clone()) !== note || slots.lengthOf(source) !== 5) return false;
  return slots.takeRequestBody(inner) === "z" && source.bodyUsed;
}

/** The fast paths, or null when this Deno's inside differs from what is known. */
export const innerSlots: InnerSlots | null = discover();
