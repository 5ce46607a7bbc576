/** The app's fetch: the host performs it under the app's outbound policy. */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  headersHas,
  NativePromise,
  NativeTypeError,
  NativeUint8Array,
  NativeWeakRef,
  rejected,
  requestBody,
  requestHeaders,
  requestMethod,
  requestRedirect,
  requestUrl,
  signalAborted,
  signalOf,
  signalReason,
  stringStartsWith,
  targetForget,
  targetListen,
  weakDeref,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { type HeaderList, joinHeaders, lengthFrom, splitHeaders } from "../../protocol/header_block.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import { BODY, OP } from "../../protocol/operations.ts";
import { readerSource } from "../../protocol/byte_stream.ts";
import { knownLength } from "../../protocol/stream_lengths.ts";
import type { Receiving, Wire } from "../../protocol/wire.ts";
import { blobStream } from "../bodies/blob_stream.ts";
import { knownBodyOf, makeRequest } from "../bodies/body_sources.ts";
import { fetchBlob } from "./fetch_blob.ts";
import { fetchFile, type ReadFile } from "./fetch_file.ts";
import { fetchedResponse } from "./fetched_response.ts";
import { fetchSocket, wantsSocket } from "./fetch_socket.ts";
import { isLong, knownBytes } from "./long_body.ts";
import { withoutBase } from "./relative_urls.ts";
import { withTrace } from "./request_trace.ts";
import { type Followed, requestAfter } from "./sent_again.ts";
import type { SocketHub } from "./socket_hub.ts";

interface Pending {
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
  readonly receiving: Receiving;
  /** Takes the abort listener back. */
  readonly forget: () => void;
  /** Set where redirects are followed here. */
  followed: Followed | null;
  /** Redirects that led to it. */
  readonly redirects: number;
}

const nativeFetch = fetch;
const { register } = FinalizationRegistry.prototype;

/** Takes the abort listeners of answers back that nobody can read any more. */
const unreadable = new FinalizationRegistry<() => void>((forget) => forget());

/** The head of what was fetched. */
export interface FetchedHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly bodyKind: number;
}

/** Outgoing requests of this isolate; ids are negative, so that their streams meet no others. */
export class FetchClient {
  readonly #wire: Wire;
  readonly #sockets: SocketHub;
  readonly #pending = new SafeMap<number, Pending>();
  #next = -1;
  #readFile: ReadFile | null = null;

  /** @param sockets where requests for a WebSocket go */
  constructor(wire: Wire, sockets: SocketHub) {
    this.#wire = wire;
    this.#sockets = sockets;
  }

  /** From now on `file:` URLs are answered here; the host knows of none. @boot */
  useFiles(readFile: ReadFile): void {
    this.#readFile = readFile;
  }

  /** The function to install as the app's `fetch`. */
  readonly fetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => this.#fetch(input, init);

  #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    let request: Request;
    try {
      request = withoutBase(() => makeRequest([input, init]));
    } catch (error) {
      return rejected(error);
    }
    const url = requestUrl(request);
    // Data URLs hold their own answer.
    if (stringStartsWith(url, "data:")) return apply(nativeFetch, undefined, [request]);
    if (stringStartsWith(url, "blob:")) return fetchBlob(request);
    if (this.#readFile !== null && stringStartsWith(url, "file:")) return fetchFile(request, this.#readFile);
    return new NativePromise((resolve, reject) => {
      if (wantsSocket(request)) {
        fetchSocket(this.#sockets, request, {
          resolve,
          reject,
          onRefused: () => this.#start(request, resolve, reject),
        });
      } else this.#start(request, resolve, reject);
    });
  }

  #start(
    request: Request,
    resolve: (response: Response) => void,
    reject: (reason: unknown) => void,
    redirects = 0,
  ): void {
    const signal = signalOf(request);
    if (signalAborted(signal)) return reject(signalReason(signal));
    const id = this.#next--;
    const wire = this.#wire;
    const receiving = wire.receiving.open(id, (end) => {
      if (end === "cancelled") this.#abort(id);
      this.#pending.get(id)?.forget();
      this.#pending.delete(id);
      if (end === "done" && receiving.queue.length > 0) this.#stayAbortable(receiving, signal);
    });
    const onAbort = () => {
      this.#abort(id);
      wire.receiving.fail(id, signalReason(signal));
      wire.sending.stop(id, "The request was aborted");
      reject(signalReason(signal));
    };
    targetListen(signal, "abort", onAbort, bare({ once: true }));
    this.#pending.set(id, {
      resolve,
      reject,
      receiving,
      forget: () => targetForget(signal, "abort", onAbort),
      followed: null,
      redirects,
    });
    try {
      this.#send(id, request);
    } catch (error) {
      // Nothing of it has left: there is no room for its bytes.
      wire.receiving.fail(id, error);
      reject(error);
    }
  }

  /** A body that has arrived and was not read yet fails by an abort all the same, as the Fetch standard has it. */
  #stayAbortable(receiving: Receiving, signal: AbortSignal): void {
    const wire = this.#wire;
    // Weakly: a signal may live as long as the app, and an answer that nobody reads must not.
    const weak = new NativeWeakRef(receiving);
    const onAbort = () => {
      const unread = weakDeref(weak);
      if (unread !== undefined) wire.receiving.failUnread(unread, signalReason(signal));
    };
    targetListen(signal, "abort", onAbort, bare({ once: true }));
    apply(register, unreadable, [receiving, () => targetForget(signal, "abort", onAbort)]);
  }

  #send(id: number, request: Request): void {
    const wire = this.#wire;
    let body = innerSlots === null ? requestBody(request) : innerSlots.takeRequestBody(innerSlots.request(request));
    let known = knownBodyOf(request);
    if (body !== null && (typeof body === "string" || body instanceof NativeUint8Array) && isLong(body)) {
      known = knownBytes(body);
      body = blobStream(known.parts);
    }
    // A stream may have a length that is known; what is no stream has it anyway.
    const size = body === null || typeof body === "string" || body instanceof NativeUint8Array
      ? null
      : known?.size ?? knownLength(body);
    const own = requestHeaders(request);
    const length = size === null || headersHas(own, "content-length")
      ? ""
      : joinHeaders([["content-length", `${size}`]]);
    const headers = withTrace(own) + length;
    const method = requestMethod(request);
    const url = requestUrl(request);
    let redirect = requestRedirect(request);
    if (body === null) wire.out.push(OP.FETCH, id, method, url, headers, redirect, BODY.NONE, null);
    else if (typeof body === "string") wire.out.push(OP.FETCH, id, method, url, headers, redirect, BODY.WHOLE, body);
    else if (body instanceof NativeUint8Array) {
      wire.out.begin(OP.FETCH, id, method, url, headers, redirect, BODY.WHOLE);
      wire.pushBytes(body, false);
    } else {
      if (known !== null && redirect === "follow") {
        // The host passes it on and keeps nothing of it, so that it cannot send it a second time.
        redirect = "manual";
        const pending = this.#pending.get(id)!;
        pending.followed = { request, body: known, hasBody: true, redirects: pending.redirects };
      }
      wire.out.push(OP.FETCH, id, method, url, headers, redirect, BODY.STREAM, null);
      wire.sending.open(id, readerSource(body), { owned: false, isAsked: true, onEnd() {} });
    }
    wire.kick();
  }

  #abort(id: number): void {
    this.#wire.out.push(OP.FETCH_ABORT, id);
    this.#wire.kick();
  }

  /** FETCHED. */
  onFetched(id: number, { status, statusText, headers, url, redirected, bodyKind }: FetchedHead): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const list = splitHeaders(headers);
    if (pending.followed !== null && this.#follow(id, pending, status, list)) return;
    let body: ReadableStream<Uint8Array> | null = null;
    if (bodyKind === BODY.STREAM) body = this.#wire.receiving.readableOf(pending.receiving, { byob: true });
    else this.#wire.receiving.onEnd(id);
    const wasRedirected = redirected || pending.redirects > 0;
    pending.resolve(
      fetchedResponse({
        status,
        statusText,
        headers: list,
        body,
        url,
        redirected: wasRedirected,
        length: lengthFrom(list, true),
      }),
    );
  }

  /** Goes on to where a redirect points. @returns whether it is one */
  #follow(id: number, pending: Pending, status: number, headers: HeaderList): boolean {
    let next: Request | null;
    try {
      next = requestAfter(pending.followed!, status, headers);
      if (next === null) return false;
    } catch (error) {
      next = null;
      pending.reject(error);
    }
    // Nobody reads its body, and nobody needs the rest of ours.
    this.#abort(id);
    this.#wire.sending.stop(id, "The answer is a redirect");
    this.#wire.receiving.fail(id, new NativeTypeError("The answer is a redirect"));
    if (next !== null) {
      this.#start(next, pending.resolve, pending.reject, pending.redirects + 1);
    }
    return true;
  }

  /** ERROR in the body of an answer. */
  onBodyFailed(id: number, message: string): void {
    this.#wire.receiving.fail(id, new NativeTypeError(message));
  }

  /** FETCH_FAILED: id, message. */
  onFailed(id: number, message: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const error = new NativeTypeError(message);
    this.#wire.receiving.fail(id, error);
    this.#wire.sending.stop(id, message);
    pending.reject(error);
  }
}
