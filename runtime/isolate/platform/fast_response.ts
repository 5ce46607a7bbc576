/** Response as apps see it: the native class behind a constructor that takes a short path for plain cases. */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  defineMember,
  getPrototypeOf,
  hasOwn,
  ITERATOR,
  matches,
  NativeRangeError,
  NativeResponse,
  NativeString,
  NativeTypeError,
  stringCharCodeAt,
  stringify,
  stringIsWellFormed,
  stringToLowerCase,
  stringToWellFormed,
} from "../../protocol/primordials.ts";
import { SafeMap, SafeSet } from "../../protocol/safe_collections.ts";
import { arrayPush } from "../../protocol/safe_lists.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import type { HeaderList } from "../../protocol/header_block.ts";
import { makeResponse, SWITCHING } from "../bodies/body_sources.ts";
import { MARK } from "../bodies/known_body.ts";
import { locationPath, withoutBase } from "../traffic/relative_urls.ts";

const NULL_BODY_STATUSES = new SafeSet([SWITCHING, 204, 205, 304]);
/** Values that need no normalising: no line breaks or NUL, no blanks at the ends, Latin-1 only. */
const PLAIN_VALUE = /^[\x21-\xff](?:[\t\x20-\xff]*[\x21-\xff])?$|^$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-zA-Z]+$/;
/** Distinct header names remembered; apps use few, a hostile app must not grow the table. */
const KNOWN_NAMES = 1000;

const objectPrototype = Object.prototype;
const { error: makeError, json: makeJson, redirect: makeRedirect } = Response;

/** Makes a 101 response out of an end of a WebSocketPair. */
export type UpgradeResponse = (end: unknown, headers: HeadersInit | undefined) => Response;

type NameKind = "bad" | "plain" | "content-type";
const knownNames = new SafeMap<string, NameKind>();

function nameKind(name: string): NameKind {
  let kind = knownNames.get(name);
  if (kind === undefined) {
    kind = !matches(TOKEN, name) ? "bad" : stringToLowerCase(name) === "content-type" ? "content-type" : "plain";
    if (knownNames.size >= KNOWN_NAMES) knownNames.clear();
    knownNames.set(name, kind);
  }
  return kind;
}

/** Header list of a plain object of plain texts, or undefined when the native constructor must decide. */
function plainHeaders(headers: unknown): { list: HeaderList; contentType: boolean } | undefined {
  if (headers === undefined) return { list: [], contentType: false };
  if (headers === null || typeof headers !== "object") return undefined;
  const prototype = getPrototypeOf(headers);
  if ((prototype !== objectPrototype && prototype !== null) || (headers as Iterable<unknown>)[ITERATOR] !== undefined) {
    return undefined;
  }
  const list: HeaderList = [];
  let contentType = false;
  for (const name in headers) {
    if (!hasOwn(headers, name)) continue;
    const value = (headers as Record<string, unknown>)[name];
    if (typeof value !== "string" || !matches(PLAIN_VALUE, value)) return undefined;
    const kind = nameKind(name);
    if (kind === "bad") return undefined;
    if (kind === "content-type") contentType = true;
    for (let at = 0; at < list.length; at++) {
      const other = list[at]![0];
      if (other.length === name.length && stringToLowerCase(other) === stringToLowerCase(name)) return undefined;
    }
    arrayPush(list, [name, value]);
  }
  return { list, contentType };
}

/** The short path; undefined when anything is unusual. */
function shortResponse(body: unknown, init: unknown, defaultType: string): Response | undefined {
  if (innerSlots === null || (body !== null && body !== undefined && typeof body !== "string")) return undefined;
  if (typeof body === "string" && stringCharCodeAt(body, 0) === MARK) return undefined;
  let status = 200;
  let headers: unknown;
  if (init !== undefined && init !== null) {
    if (typeof init !== "object") return undefined;
    const given = init as ResponseInit;
    if (given.statusText !== undefined && given.statusText !== "") return undefined;
    const { cf, webSocket } = given as { cf?: unknown; webSocket?: unknown };
    if (cf !== undefined || webSocket !== undefined && webSocket !== null) return undefined;
    const code = given.status;
    if (code !== undefined) {
      if (typeof code !== "number" || code < 200 || code > 599 || (code | 0) !== code) return undefined;
      if (NULL_BODY_STATUSES.has(code)) return undefined;
      status = code;
    }
    headers = given.headers;
  }
  const plain = plainHeaders(headers);
  if (plain === undefined) return undefined;
  if (typeof body !== "string") return innerSlots.makeResponse(status, plain.list, null);
  if (!plain.contentType) arrayPush(plain.list, ["content-type", defaultType]);
  return innerSlots.makeResponse(status, plain.list, stringIsWellFormed(body) ? body : stringToWellFormed(body));
}

/**
 * The constructor to install as the app's `Response`; the native one itself when the inner slots are unknown.
 * Sound against the native class over 60,000 random cases (tests/integration/fidelity).
 *
 * @param upgrade makes the response that hands an end of a WebSocketPair to the client
 * @boot
 */
export function createFastResponse(upgrade: UpgradeResponse): typeof Response {
  function FastResponse(this: unknown, body?: BodyInit | null, init?: ResponseInit): Response {
    if (new.target === undefined) {
      throw new NativeTypeError("Class constructor Response cannot be invoked without 'new'");
    }
    if (new.target !== (FastResponse as unknown)) {
      return makeResponse(arguments, new.target as unknown as new () => unknown);
    }
    const short = shortResponse(body, init, "text/plain;charset=UTF-8");
    if (short !== undefined) return short;
    const end = (init as { webSocket?: unknown } | null | undefined)?.webSocket;
    if (end === undefined || end === null) return makeResponse(arguments);
    if (init!.status !== SWITCHING) {
      throw new NativeRangeError(`Failed to construct 'Response': one with a webSocket has the status ${SWITCHING}`);
    }
    return upgrade(end, init!.headers);
  }
  Object.setPrototypeOf(FastResponse, getPrototypeOf(NativeResponse));
  Object.defineProperty(FastResponse, "name", { value: "Response", configurable: true });
  Object.defineProperty(FastResponse, "length", { value: NativeResponse.length, configurable: true });
  Object.defineProperty(FastResponse, "prototype", { value: NativeResponse.prototype, writable: false });
  // Methods, so that they have names and are no constructors.
  const statics = {
    error() {
      return apply(makeError, NativeResponse, []);
    },
    redirect(url: string | URL, status = 302) {
      if (arguments.length === 0) return apply(makeRedirect, NativeResponse, []);
      const path = locationPath(NativeString(url));
      if (path === null) return withoutBase(() => apply(makeRedirect, NativeResponse, [url, status]) as Response);
      // The client knows the origin, the isolate need not: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
      const checked = apply(makeRedirect, NativeResponse, ["http://relative.invalid", status]) as Response;
      return new NativeResponse(null, bare({ status: checked.status, headers: bare({ location: path }) }));
    },
    json(...given: Parameters<typeof NativeResponse.json>) {
      const data = given[0];
      const init = given[1];
      if (given.length > 0 && (init === undefined || (init !== null && typeof init === "object"))) {
        const text = stringify(data);
        if (text !== undefined) {
          const short = shortResponse(text, init, "application/json");
          if (short !== undefined) return short;
        }
      }
      return apply(makeJson, NativeResponse, given);
    },
  };
  for (const [name, value] of Object.entries(statics)) defineMember(FastResponse, name, value, true);
  // As WebIDL counts: json(data, optional init).
  Object.defineProperty(statics.json, "length", { value: 1, configurable: true });
  Object.defineProperty(NativeResponse.prototype, "constructor", {
    value: FastResponse,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  return FastResponse as unknown as typeof Response;
}
