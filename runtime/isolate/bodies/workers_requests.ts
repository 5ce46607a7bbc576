/**
 * What Requests and Responses of a Workers project have beside the standard: `cf`, method names in any case, an empty text
 * as the body of an answer that has none. Nothing of it is there for other apps.
 */
import { bare } from "../../protocol/bare.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import {
  apply,
  create,
  defineProperty,
  getMember,
  getOwnPropertyDescriptor,
  NativeRequest,
  NativeResponse,
  requestMethod,
  responseStatus,
  stringToLowerCase,
} from "../../protocol/primordials.ts";
import { SafeMap, SafeSet, SafeWeakMap } from "../../protocol/safe_collections.ts";

/** Those that fetch of the standard does not write in capitals, by their lower case. */
const METHODS = new SafeMap<string, string>();
for (const name of ["PATCH", "QUERY", "PURGE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"]) {
  METHODS.set(name.toLowerCase(), name);
}
/** https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = new SafeSet([204, 205, 304]);

let isOn = false;
const given = new SafeWeakMap<Request | Response, unknown>();

/** Whether the app is such a project. */
export function isWorkersProject(): boolean {
  return isOn;
}

/** @boot */
export function installWorkersRequests(): void {
  isOn = true;
  addGetter(Request.prototype, "cf", (request) => {
    // Throws for what is no Request.
    requestMethod(request as Request);
    return cfOf(request as Request);
  });
  addGetter(
    Response.prototype,
    "cf",
    (response) => (responseStatus(response as Response), given.get(response as Response)),
  );
  // One that hands a socket over has it as its own.
  addGetter(Response.prototype, "webSocket", (response) => (responseStatus(response as Response), null));
  for (const prototype of [Request.prototype, Response.prototype] as (Request | Response)[]) {
    const native = prototype.clone;
    const { clone } = {
      clone(this: Request | Response) {
        const copy = apply(native, this, []) as Request | Response;
        noteCf(copy, this === copy ? undefined : cfOf(this));
        return copy;
      },
    };
    defineProperty(prototype, "clone", { ...getOwnPropertyDescriptor(prototype, "clone"), value: clone });
  }
}

/** @boot */
function addGetter(prototype: object, name: string, read: (self: unknown) => unknown): void {
  const { get } = getOwnPropertyDescriptor({
    get [name]() {
      return read(this);
    },
  }, name)!;
  defineProperty(prototype, name, { get: get!, enumerable: true, configurable: true });
}

function noteCf(holder: Request | Response, cf: unknown): void {
  if (cf !== undefined) given.set(holder, cf);
}

/** Of one that the app has made: what it said; of one that has arrived: what is known. */
function cfOf(holder: unknown): unknown {
  const noted = given.get(holder as Request);
  if (noted !== undefined || innerSlots === null || !(holder instanceof NativeRequest)) return noted;
  return (innerSlots.request(holder) as { readonly cf?: object } | undefined)?.cf;
}

/** `new Request(input, init)`: what the standard's constructor gets instead of `init`. */
export function standardInit(init: unknown): unknown {
  if (typeof init !== "object" || init === null) return init;
  const method = getMember(init, "method");
  const known = typeof method === "string" ? METHODS.get(stringToLowerCase(method)) : undefined;
  return known === undefined || known === method
    ? init
    : create(init, bare({ method: bare({ value: known, enumerable: true }) }) as PropertyDescriptorMap);
}

/** Notes the `cf` of a Request that was made by `new Request(input, init)`. */
export function noteRequest(request: Request, input: unknown, init: unknown): Request {
  const isObject = typeof init === "object" && init !== null;
  noteCf(request, (isObject ? getMember(init, "cf") : undefined) ?? cfOf(input));
  return request;
}

/** `new Response(body, init)`: what the standard's constructor gets instead of `body`. */
export function standardBody(body: unknown, init: unknown): unknown {
  if (body !== "" || typeof init !== "object" || init === null) return body;
  return WITHOUT_BODY.has(getMember(init, "status") as number) ? null : body;
}

/** Notes the `cf` of a Response that was made by `new Response(body, init)`. */
export function noteResponse(response: Response, init: unknown): Response {
  if (typeof init === "object" && init !== null && response instanceof NativeResponse) {
    noteCf(response, getMember(init, "cf"));
  }
  return response;
}
