/** The Request that an app gets: a genuine one, over an inner object that unpacks headers and body only on demand. */
import { bare } from "../../protocol/bare.ts";
import {
  controllerAbort,
  controllerSignal,
  NativeAbortController,
  NativeDOMException,
  NativeRequest,
  NativeUint8Array,
  stringToLowerCase,
} from "../../protocol/primordials.ts";
import type { SafeMap } from "../../protocol/safe_collections.ts";
import { BODY, OP } from "../../protocol/operations.ts";
import { type HeaderList, lengthFrom, splitHeaders } from "../../protocol/header_block.ts";
import { append } from "../../protocol/safe_lists.ts";
import { isWorkersProject } from "../bodies/workers_requests.ts";
import { type InnerBodyContent, type InnerRequest, innerSlots } from "../../protocol/inner_slots.ts";
import type { Receiving, Wire } from "../../protocol/wire.ts";

/** A request as it came over the wall. */
export interface ArrivedRequest {
  readonly id: number;
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly bodyKind: number;
  readonly body: string | Uint8Array | null;
  /** The opened receiver, for a streamed body. */
  readonly receiving: Receiving | null;
}

/** Callbacks to run when the client of a request goes away, by request id. */
export type AbortCallbacks = SafeMap<number, () => void>;

/** Builds the app's Request. */
export function createRequest(arrived: ArrivedRequest, wire: Wire, aborts: AbortCallbacks): Request {
  if (innerSlots !== null) return innerSlots.makeRequest(new LazyInnerRequest(arrived, wire, aborts));
  const controller = new NativeAbortController();
  aborts.set(arrived.id, () => controllerAbort(controller, clientGone()));
  wire.out.push(OP.ARM, arrived.id);
  wire.kick();
  const init: RequestInit = {
    method: arrived.method,
    headers: splitHeaders(arrived.headers),
    signal: controllerSignal(controller),
    ...(hasNoBody(arrived.method) ? {} : { body: bodyContent(arrived, wire) as BodyInit }),
  };
  return new NativeRequest(arrived.url, bare(init));
}

function ignore(): void {}

function clientGone(): DOMException {
  return new NativeDOMException("The client closed the connection", "AbortError");
}

function hasNoBody(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** The receiving end of a body that comes as a stream; null for every other one. */
export function openBody({ id, bodyKind }: Pick<ArrivedRequest, "id" | "bodyKind">, wire: Wire): Receiving | null {
  if (bodyKind !== BODY.STREAM && bodyKind !== BODY.ASKED) return null;
  const receiving = wire.receiving.open(id, ignore);
  receiving.isUntouched = bodyKind === BODY.ASKED;
  return receiving;
}

/** The body as it came. */
export function bodyContent(arrived: ArrivedRequest, wire: Wire): InnerBodyContent {
  // As Deno.serve has it: what may have a body has one, be it empty.
  if (arrived.bodyKind === BODY.NONE) return hasNoBody(arrived.method) ? null : new NativeUint8Array(0);
  if (arrived.bodyKind === BODY.WHOLE) return arrived.body;
  return wire.receiving.readableOf(arrived.receiving!, { byob: true });
}

/** The members of `cf` that every request has on Workers. "XX" is Cloudflare's own word for a country it does not know. */
const UNKNOWN_CLIENT = {
  asOrganization: "",
  clientAcceptEncoding: "",
  clientTcpRtt: 0,
  colo: "",
  country: "XX",
  edgeRequestKeepAliveStatus: 0,
  httpProtocol: "",
  requestPriority: "",
  tlsCipher: "",
  tlsVersion: "",
};
const CLIENT_ADDRESS = "cf-connecting-ip";

/** With the client's address as Workers name it; what a client has written there itself is nobody's word for it. */
function withClientAddress(list: HeaderList): HeaderList {
  const own: HeaderList = [];
  for (let at = 0; at < list.length; at++) {
    const name = stringToLowerCase(list[at]![0]);
    if (name !== CLIENT_ADDRESS) append(own, list[at]!);
    if (name === "x-real-ip") append(own, [CLIENT_ADDRESS, list[at]![1]]);
  }
  return own;
}

/** Fits what Deno's Request expects of its inner object; names are Deno's. */
class LazyInnerRequest implements InnerRequest {
  readonly method: string;
  /** As on Workers: what passes an arrived request on hands redirects to the client. */
  readonly redirectMode = isWorkersProject() ? "manual" : "follow";
  readonly redirectCount = 0;
  readonly clientRid = null;
  readonly blobUrlEntry = null;
  readonly #arrived: ArrivedRequest;
  readonly #wire: Wire;
  readonly #aborts: AbortCallbacks;
  #headerList: HeaderList | null = null;
  #cf: object | null = null;
  #body: object | null | undefined = undefined;

  constructor(arrived: ArrivedRequest, wire: Wire, aborts: AbortCallbacks) {
    this.method = arrived.method;
    this.#arrived = arrived;
    this.#wire = wire;
    this.#aborts = aborts;
  }

  url(): string {
    return this.#arrived.url;
  }

  currentUrl(): string {
    return this.#arrived.url;
  }

  get urlList(): (() => string)[] {
    return [() => this.#arrived.url];
  }

  get urlListProcessed(): string[] {
    return [this.#arrived.url];
  }

  get headerList(): HeaderList {
    return this.#headerList ??= isWorkersProject()
      ? withClientAddress(splitHeaders(this.#arrived.headers))
      : splitHeaders(this.#arrived.headers);
  }

  /** What Cloudflare would tell of a client, as far as anybody knows it here: an object with its texts, and no country. */
  get cf(): object | undefined {
    if (!isWorkersProject()) return undefined;
    return this.#cf ??= { ...UNKNOWN_CLIENT };
  }

  header(name: string): string | null {
    const wanted = stringToLowerCase(name);
    let value: string | null = null;
    const list = this.headerList;
    for (let at = 0; at < list.length; at++) {
      const one = list[at]![1];
      if (stringToLowerCase(list[at]![0]) === wanted) value = value === null ? one : `${value}, ${one}`;
    }
    return value;
  }

  get body(): object | null {
    if (this.#body === undefined) {
      const content = bodyContent(this.#arrived, this.#wire);
      const length = this.#arrived.receiving !== null ? lengthFrom(this.headerList, false) : null;
      this.#body = content === null ? null : innerSlots!.makeBody(content, length);
    }
    return this.#body;
  }

  set body(body: object | null) {
    this.#body = body;
  }

  /** Deno calls this once somebody looks at request.signal. */
  onCancel(callback: () => void): void {
    this.#aborts.set(this.#arrived.id, callback);
    this.#wire.out.push(OP.ARM, this.#arrived.id);
    this.#wire.kick();
  }
}
