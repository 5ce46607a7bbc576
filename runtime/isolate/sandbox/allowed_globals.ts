/** The names that stay on globalThis of an isolate; everything else is deleted before an app is loaded. */

const LANGUAGE =
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise
RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError globalThis
JSON Math Intl ArrayBuffer SharedArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array
BigInt64Array Uint8ClampedArray Float16Array Float32Array Float64Array DataView Map BigInt Set Iterator AsyncIterator
WeakMap WeakSet Proxy Reflect FinalizationRegistry WeakRef decodeURI decodeURIComponent encodeURI encodeURIComponent
escape unescape eval isFinite isNaN DisposableStack AsyncDisposableStack Temporal WebAssembly`;

/** ECMA-429 and what its interfaces hand out. */
const WEB =
  `console queueMicrotask structuredClone reportError atob btoa setTimeout clearTimeout setInterval clearInterval
AbortController AbortSignal Event EventTarget CustomEvent ErrorEvent MessageEvent CloseEvent PromiseRejectionEvent
ProgressEvent MessageChannel MessagePort DOMException QuotaExceededError Blob File FileReader FormData Headers Request Response fetch WebSocket
ReadableStream ReadableStreamDefaultReader ReadableStreamDefaultController ReadableStreamBYOBReader
ReadableStreamBYOBRequest ReadableByteStreamController WritableStream WritableStreamDefaultWriter
WritableStreamDefaultController TransformStream TransformStreamDefaultController ByteLengthQueuingStrategy
CountQueuingStrategy CompressionStream DecompressionStream TextEncoder TextDecoder TextEncoderStream TextDecoderStream
URL URLSearchParams URLPattern crypto Crypto CryptoKey SubtleCrypto performance Performance PerformanceEntry
PerformanceMark PerformanceMeasure`;

/** What npm packages written for Node expect and what reaches nothing outside the isolate. */
const NODE = `Buffer global setImmediate clearImmediate`;

/** What Workers have beside the web platform. */
const WORKERS = `FixedLengthStream IdentityTransformStream`;

/** Every name that stays. */
export const ALLOWED_GLOBALS: ReadonlySet<string> = new Set(
  `${LANGUAGE} ${WEB} ${NODE} ${WORKERS}`.split(/\s+/),
);
