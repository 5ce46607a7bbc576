/**
 * What code beside an app uses of the language and the web platform, kept before the app could patch any of it.
 *
 * Methods take their receiver as the first argument (`stringSlice(text, 1)`), getters are functions; `SafeMap` and its
 * kind are used as ever. A lint rule (tests/lint/natives_plugin.ts) refuses the patchable way in what runs there.
 */

import { Buffer } from "node:buffer";

/** A method as a function of its receiver. */
type Uncurried = <Self, Given extends unknown[], Result>(
  method: (this: Self, ...given: Given) => Result,
) => (self: Self, ...given: Given) => Result;

const { bind, call } = Function.prototype;
/** A bound `call` runs the method whatever an app puts on Function.prototype; V8 inlines it. */
export const uncurry = bind.bind(call) as Uncurried;

/** The getter of an attribute as a function of its holder. @boot */
export function getterOf<Self extends object, Value>(prototype: Self, name: PropertyKey): (self: Self) => Value {
  return uncurry(Object.getOwnPropertyDescriptor(prototype, name)!.get as (this: Self) => Value);
}

export const { apply, construct, deleteProperty, get: getMember, ownKeys } = Reflect;
export const {
  assign,
  create,
  defineProperty,
  entries,
  freeze,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  getOwnPropertySymbols,
  getPrototypeOf,
  hasOwn,
  keys,
  setPrototypeOf,
} = Object;
export const { isArray } = Array;
export const { floor, max, min, round, trunc } = Math;
export const { isNaN: isNotANumber } = Number;
export const { stringify } = JSON;
export const { now: wallClock, parse: parseDate } = Date;
export const ITERATOR: typeof Symbol.iterator = Symbol.iterator;
export const TO_STRING_TAG: typeof Symbol.toStringTag = Symbol.toStringTag;
export const global = globalThis;
export const endOfMicrotask = queueMicrotask;
const immediate = setImmediate as unknown as (run: () => void) => { _argv: unknown };
/**
 * Runs it at the end of this turn of the event loop. Deno spreads the arguments it keeps for a callback, none too, by
 * what an app may have made of the iterator of lists: without any kept it only calls.
 */
export function endOfTurn(run: () => void): void {
  immediate(run)._argv = undefined;
}

export const NativeAbortController = AbortController;
export const NativeArrayBuffer = ArrayBuffer;
export const NativeDOMException = DOMException;
export const NativeError = Error;
export const NativeWeakRef = WeakRef;
export const NativeCloseEvent = CloseEvent;
export const NativeEvent = Event;
export const NativeMessageEvent = MessageEvent;
export const NativeHeaders = Headers;
export const NativeNumber = Number;
export const NativeObject = Object;
export const NativePromise = Promise;
export const NativeProxy = Proxy;
export const NativeRangeError = RangeError;
export const NativeReadableStream = ReadableStream;
export const NativeRequest = Request;
export const NativeResponse = Response;
export const NativeSharedArrayBuffer = SharedArrayBuffer;
export const NativeString = String;
export const NativeTypeError = TypeError;
export const NativeUint8Array = Uint8Array;
export const NativeURL = URL;

/** Gives an object a member as assignment would make it, whatever stands on the prototypes. */
export function defineMember(target: object, name: PropertyKey, value: unknown, isEnumerable = false): void {
  defineProperty(target, name, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable: isEnumerable,
  } as PropertyDescriptor);
}

/** A global. */
export function defineGlobal(name: string, value: unknown, isEnumerable = false): void {
  defineMember(global, name, value, isEnumerable);
}

// Texts and numbers. None of these looks at a pattern: those that do run what stands on RegExp.prototype.
export const stringCharCodeAt = uncurry(String.prototype.charCodeAt);
export const stringIndexOf = uncurry(String.prototype.indexOf);
export const stringLastIndexOf = uncurry(String.prototype.lastIndexOf);
export const stringIsWellFormed = uncurry(String.prototype.isWellFormed);
export const stringSlice = uncurry(String.prototype.slice);
export const stringStartsWith = uncurry(String.prototype.startsWith);
export const stringEndsWith = uncurry(String.prototype.endsWith);
export const stringToLowerCase = uncurry(String.prototype.toLowerCase);
export const stringToWellFormed = uncurry(String.prototype.toWellFormed);
export const stringTrim = uncurry(String.prototype.trim);
export const stringPadStart = uncurry(String.prototype.padStart);
export const numberToText: (value: number, radix: number) => string = uncurry(Number.prototype.toString) as never;
export const parseInteger = parseInt;
export const numberToFixed = uncurry(Number.prototype.toFixed);

/** The match of a pattern; `exec` is the one method of patterns that looks at no other. */
export const regExpExec: (pattern: RegExp, text: string) => RegExpExecArray | null = uncurry(RegExp.prototype.exec);

/** Whether a pattern without the flags g and y matches. */
export function matches(pattern: RegExp, text: string): boolean {
  return regExpExec(pattern, text) !== null;
}

/** What a reference leads to, if it lives. */
export const weakDeref = uncurry(WeakRef.prototype.deref) as <T extends WeakKey>(
  reference: WeakRef<T>,
) => T | undefined;

// Bytes.
const typedArray = getPrototypeOf(Uint8Array.prototype) as Uint8Array;
export const bytesLength: (view: Uint8Array) => number = getterOf(typedArray, "byteLength");
export const bytesOffset: (view: Uint8Array) => number = getterOf(typedArray, "byteOffset");
export const bytesBuffer: (view: Uint8Array) => ArrayBufferLike = getterOf(typedArray, "buffer");
export const bytesSet: (view: Uint8Array, source: Uint8Array, at: number) => void = uncurry(Uint8Array.prototype.set);
export const bufferLength: (buffer: ArrayBuffer) => number = getterOf(ArrayBuffer.prototype, "byteLength");
const transferBuffer = uncurry(ArrayBuffer.prototype.transfer);
/** Gives the memory of a buffer back now: a collection would come later, and look at all that lives. Nobody can read it then. */
export function freeBuffer(buffer: ArrayBuffer): void {
  transferBuffer(buffer, 0);
}
const typedArrayTag: (value: unknown) => unknown = getterOf<object, unknown>(typedArray, Symbol.toStringTag) as never;

/** Whether a value is a Uint8Array, whatever its prototype says. */
export function isUint8Array(value: unknown): value is Uint8Array<ArrayBuffer> {
  return typeof value === "object" && value !== null && typedArrayTag(value) === "Uint8Array";
}

// Promises.
const promiseThenAny = uncurry(Promise.prototype.then) as (...given: unknown[]) => unknown;
export const promiseThen = promiseThenAny as <T, Result>(
  promise: Promise<T>,
  onDone: ((value: T) => Result | PromiseLike<Result>) | undefined,
  onFailed?: (error: unknown) => Result | PromiseLike<Result>,
) => Promise<Result>;
export const resolved = Promise.resolve.bind(Promise) as <T>(value: T) => Promise<Awaited<T>>;
export const rejected = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>;

// Streams.
export const streamReader: <T>(stream: ReadableStream<T>) => ReadableStreamDefaultReader<T> = uncurry(
  ReadableStream.prototype.getReader,
) as never;
export const streamCancel = uncurry(ReadableStream.prototype.cancel);
export const streamLocked: (stream: ReadableStream) => boolean = getterOf(ReadableStream.prototype, "locked");
export const readerRead = uncurry(ReadableStreamDefaultReader.prototype.read) as <T>(
  reader: ReadableStreamDefaultReader<T>,
) => Promise<ReadableStreamReadResult<T>>;
export const readerCancel = uncurry(ReadableStreamDefaultReader.prototype.cancel) as (
  reader: ReadableStreamDefaultReader<unknown>,
  reason?: unknown,
) => Promise<void>;
export const readerRelease = uncurry(ReadableStreamDefaultReader.prototype.releaseLock) as (
  reader: ReadableStreamDefaultReader<unknown>,
) => void;

// Requests, responses, headers.
export const headersGet = uncurry(Headers.prototype.get);
export const headersHas = uncurry(Headers.prototype.has);
export const headersSet = uncurry(Headers.prototype.set);
export const headersForEach = uncurry(Headers.prototype.forEach);
export const requestUrl: (request: Request) => string = getterOf(Request.prototype, "url");
export const requestMethod: (request: Request) => string = getterOf(Request.prototype, "method");
export const requestBody: (request: Request) => ReadableStream<Uint8Array> | null = getterOf(Request.prototype, "body");
export const requestRedirect: (request: Request) => string = getterOf(Request.prototype, "redirect");
export const requestHeaders: (request: Request) => Headers = getterOf(Request.prototype, "headers");
export const responseStatus: (response: Response) => number = getterOf(Response.prototype, "status");
export const responseStatusText: (response: Response) => string = getterOf(Response.prototype, "statusText");
export const responseHeaders: (response: Response) => Headers = getterOf(Response.prototype, "headers");
export const responseBody: (response: Response) => ReadableStream<Uint8Array> | null = getterOf(
  Response.prototype,
  "body",
);
export const responseBodyUsed: (response: Response) => boolean = getterOf(Response.prototype, "bodyUsed");
export const responseUrl: (response: Response) => string = getterOf(Response.prototype, "url");
export const urlHref: (url: URL) => string = getterOf(URL.prototype, "href");
export const urlProtocol: (url: URL) => string = getterOf(URL.prototype, "protocol");
export const urlOrigin: (url: URL) => string = getterOf(URL.prototype, "origin");
export const urlPathname: (url: URL) => string = getterOf(URL.prototype, "pathname");
export const urlSearch: (url: URL) => string = getterOf(URL.prototype, "search");
export const urlHash: (url: URL) => string = getterOf(URL.prototype, "hash");

// Events and aborts.
export const targetListen: (
  target: EventTarget,
  type: string,
  listener: unknown,
  options?: AddEventListenerOptions,
) => void = uncurry(EventTarget.prototype.addEventListener) as never;
export const targetForget: (target: EventTarget, type: string, listener: unknown) => void = uncurry(
  EventTarget.prototype.removeEventListener,
) as never;
export const targetDispatch = uncurry(EventTarget.prototype.dispatchEvent);
export const signalAborted: (signal: AbortSignal) => boolean = getterOf(AbortSignal.prototype, "aborted");
export const signalReason: (signal: AbortSignal) => unknown = getterOf(AbortSignal.prototype, "reason");
export const controllerAbort = uncurry(AbortController.prototype.abort);
export const controllerSignal: (controller: AbortController) => AbortSignal = getterOf(
  AbortController.prototype,
  "signal",
);

export const signalOf: (request: Request) => AbortSignal = getterOf(Request.prototype, "signal");

// Codecs.
const encoder = new TextEncoder();
const encode = uncurry(TextEncoder.prototype.encode);
/** Bytes of a text; lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encode(encoder, text) as Uint8Array<ArrayBuffer>;
}
const encodeInto = uncurry(TextEncoder.prototype.encodeInto);
/** Writes a text's bytes; lone surrogates become U+FFFD. @returns how many they are */
export function encodeTextInto(text: string, target: Uint8Array<ArrayBuffer>): number {
  return encodeInto(encoder, text, target).written;
}
const { byteLength } = Buffer;
/** Bytes that {@linkcode encodeText} would make of a text, counted without making them. */
export function encodedSize(text: string): number {
  return byteLength(text);
}
export const NativeTextDecoder = TextDecoder;
export const decoderDecode = uncurry(TextDecoder.prototype.decode);
