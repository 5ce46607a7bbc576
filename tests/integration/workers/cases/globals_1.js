/** Asked of Workers and of NANO: names and timers of the global scope. */
// deno-lint-ignore-file -- as people write them, mistakes included
const has = (...list) => list.filter((name) => !(name in globalThis) || typeof globalThis[name] === "undefined");
export default {
  "globals of the service worker": () =>
    has(
      "ServiceWorkerGlobalScope",
      "WorkerGlobalScope",
      "ExtendableEvent",
      "FetchEvent",
      "ScheduledEvent",
      "ScheduledController",
      "QueueEvent",
      "MessageBatch",
      "TailEvent",
      "TraceEvent",
      "ExecutionContext",
    ),
  "globals of fetch": () =>
    has(
      "fetch",
      "Request",
      "Response",
      "Headers",
      "FormData",
      "Blob",
      "File",
      "URL",
      "URLSearchParams",
      "URLPattern",
      "AbortController",
      "AbortSignal",
      "EventSource",
      "WebSocket",
      "WebSocketPair",
      "WebSocketRequestResponsePair",
      "CloseEvent",
      "MessageEvent",
      "ErrorEvent",
      "PromiseRejectionEvent",
      "CustomEvent",
      "Event",
      "EventTarget",
    ),
  "globals of streams": () =>
    has(
      "ReadableStream",
      "ReadableStreamDefaultReader",
      "ReadableStreamBYOBReader",
      "ReadableStreamBYOBRequest",
      "ReadableByteStreamController",
      "ReadableStreamDefaultController",
      "WritableStream",
      "WritableStreamDefaultWriter",
      "WritableStreamDefaultController",
      "TransformStream",
      "TransformStreamDefaultController",
      "ByteLengthQueuingStrategy",
      "CountQueuingStrategy",
      "CompressionStream",
      "DecompressionStream",
      "TextEncoderStream",
      "TextDecoderStream",
      "IdentityTransformStream",
      "FixedLengthStream",
    ),
  "globals of crypto": () => has("crypto", "Crypto", "CryptoKey", "SubtleCrypto"),
  "globals of performance": () =>
    has(
      "performance",
      "Performance",
      "PerformanceEntry",
      "PerformanceMark",
      "PerformanceMeasure",
      "PerformanceObserver",
      "PerformanceObserverEntryList",
      "PerformanceResourceTiming",
    ),
  "globals of caches": () =>
    has(
      "caches",
      "Cache",
      "CacheStorage",
      "HTMLRewriter",
      "navigator",
      "Navigator",
      "scheduler",
      "Scheduler",
      "Cloudflare",
      "self",
      "origin",
      "MessageChannel",
      "MessagePort",
      "structuredClone",
      "queueMicrotask",
      "reportError",
      "atob",
      "btoa",
      "DOMException",
      "TextDecoder",
      "TextEncoder",
      "console",
      "WebAssembly",
      "WeakRef",
      "FinalizationRegistry",
      "setTimeout",
      "setInterval",
      "clearTimeout",
      "clearInterval",
      "setImmediate",
      "clearImmediate",
      "Buffer",
      "process",
      "global",
    ),
  "globals of rtc": () =>
    has(
      "StorageManager",
      "RpcStub",
      "RpcTarget",
      "DurableObject",
      "ImageData",
      "localStorage",
      "indexedDB",
      "window",
      "document",
      "XMLHttpRequest",
      "Worker",
      "importScripts",
      "name",
      "location",
      "Deno",
      "EdgeRuntime",
      "isSecureContext",
      "crossOriginIsolated",
      "FileReader",
      "BroadcastChannel",
      "alert",
    ),
  "self is globalThis": () => [
    self === globalThis,
    typeof self,
    self instanceof EventTarget,
    globalThis.constructor.name,
    Object.prototype.toString.call(globalThis),
  ],
  "instanceof scopes": () => [
    typeof WorkerGlobalScope === "function" && self instanceof WorkerGlobalScope,
    typeof ServiceWorkerGlobalScope === "function" && self instanceof ServiceWorkerGlobalScope,
  ],
  "navigator.userAgent": () => navigator.userAgent,
  "navigator": () => [
    typeof navigator.sendBeacon,
    navigator.language,
    navigator.platform,
    navigator.hardwareConcurrency,
    typeof navigator.userAgent,
    typeof navigator.gpu,
  ],
  "navigator.languages": () => navigator.languages,
  "Cloudflare.compatibilityFlags": () => [
    typeof Cloudflare,
    typeof Cloudflare.compatibilityFlags,
    Cloudflare.compatibilityFlags.nodejs_compat,
    Cloudflare.compatibilityFlags.never_was ?? null,
    Object.isFrozen(Cloudflare.compatibilityFlags),
  ],
  "performance": () => [
    typeof performance.now(),
    typeof performance.timeOrigin,
    typeof performance.mark,
    typeof performance.measure,
    typeof performance.getEntries,
    typeof performance.toJSON,
    typeof performance.eventCounts,
    typeof performance.timerify,
    typeof performance.eventLoopUtilization,
  ],
  "performance.mark": () => {
    const mark = performance.mark("a", { detail: { x: 1 } });
    return [mark.name, mark.entryType, mark.detail, mark.duration];
  },
  "performance.measure": () => {
    performance.mark("a");
    performance.mark("b");
    const m = performance.measure("m", "a", "b");
    return [m.name, m.entryType, typeof m.duration];
  },
  "performance.getEntriesByName": () => {
    performance.clearMarks();
    performance.mark("zz");
    return performance.getEntriesByName("zz").length;
  },
  "scheduler.wait": async () => {
    const value = await scheduler.wait(1);
    return [value, typeof scheduler, Object.prototype.toString.call(scheduler)];
  },
  "scheduler.wait signal": async () => {
    const c = new AbortController();
    const p = scheduler.wait(10000, { signal: c.signal });
    c.abort();
    return await p.catch((e) => e.name);
  },
  "scheduler.wait aborted": async () => await scheduler.wait(1, { signal: AbortSignal.abort() }).catch((e) => e.name),
  "scheduler.wait bad": async () => await scheduler.wait().catch((e) => e.name),
  "setTimeout answers": () => {
    const t = setTimeout(() => {}, 0);
    clearTimeout(t);
    return [typeof t];
  },
  "setTimeout with arguments": () => new Promise((resolve) => setTimeout((a, b) => resolve([a, b]), 1, 1, "b")),
  "setInterval": () =>
    new Promise((resolve) => {
      let n = 0;
      const t = setInterval(() => {
        if (++n === 3) {
          clearInterval(t);
          resolve(n);
        }
      }, 1);
    }),
  "setImmediate": () => new Promise((resolve) => setImmediate((x) => resolve(x), 5)),
  "queueMicrotask order": async () => {
    const seen = [];
    queueMicrotask(() => seen.push(1));
    Promise.resolve().then(() => seen.push(2));
    seen.push(0);
    await scheduler.wait(1);
    return seen;
  },
  "queueMicrotask bad": () => queueMicrotask("x"),
  "reportError": () => [typeof reportError, reportError.length],
  "reportError listener": () => {
    let got = null;
    const f = (e) => {
      got = [e.type, e.error?.message, e.message, e instanceof ErrorEvent];
      e.preventDefault();
    };
    addEventListener("error", f);
    reportError(new Error("told"));
    removeEventListener("error", f);
    return got;
  },
  "unhandledrejection": async () => {
    const got = await new Promise((resolve) => {
      addEventListener("unhandledrejection", (e) => {
        e.preventDefault();
        resolve([e.type, e.reason?.message, typeof e.promise]);
      }, { once: true });
      Promise.reject(new Error("lost"));
      setTimeout(() => resolve("none"), 100);
    });
    return got;
  },
  "structuredClone": () =>
    structuredClone({
      d: new Date(0),
      m: new Map([[1, 2]]),
      s: new Set([1]),
      r: /a/g.source,
      e: new RangeError("x"),
      b: new Uint8Array([1]),
      n: 1n,
    }),
  "structuredClone error": () => {
    const e = structuredClone(new TypeError("x"));
    return [e instanceof TypeError, e.message, e.name];
  },
  "structuredClone function": () => structuredClone(() => {}),
};
