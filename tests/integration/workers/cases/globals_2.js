/** Asked of Workers and of NANO: events, clones and languages. */
// deno-lint-ignore-file -- as people write them, mistakes included

export default {
  "structuredClone transfer": () => {
    const b = new ArrayBuffer(4);
    const c = structuredClone(b, { transfer: [b] });
    return [b.byteLength, c.byteLength];
  },
  "structuredClone class": () => {
    class A {
      x = 1;
      get y() {
        return 2;
      }
    }
    const c = structuredClone(new A());
    return [c, c.constructor.name];
  },
  "structuredClone headers": () => structuredClone(new Headers()),
  "MessageChannel": () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (e) => resolve([e.data, e.type, e.origin, e.lastEventId]);
      port2.postMessage({ a: 1 });
    }),
  "MessageChannel listener": () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", (e) => resolve(e.data));
      port1.start();
      port2.postMessage([1, "b"]);
    }),
  "MessageChannel close": () => {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    port2.postMessage("x");
    return "fine";
  },
  "AbortSignal.any": () => {
    const a = new AbortController(), b = new AbortController();
    const s = AbortSignal.any([a.signal, b.signal]);
    b.abort("why");
    return [s.aborted, s.reason];
  },
  "AbortSignal.timeout": () =>
    new Promise((resolve) => {
      const s = AbortSignal.timeout(1);
      s.addEventListener("abort", () => resolve([s.aborted, s.reason.name, s.reason instanceof DOMException]));
    }),
  "AbortSignal.abort": () => {
    const s = AbortSignal.abort();
    return [s.aborted, s.reason.name];
  },
  "AbortSignal throwIfAborted": () => {
    const c = new AbortController();
    c.abort(new RangeError("r"));
    c.signal.throwIfAborted();
  },
  "AbortController onabort": () => {
    const c = new AbortController();
    let got = null;
    c.signal.onabort = (e) => {
      got = e.type;
    };
    c.abort();
    return got;
  },
  "AbortSignal new": () => new AbortSignal(),
  "EventTarget once and signal": () => {
    const t = new EventTarget();
    let n = 0;
    const c = new AbortController();
    t.addEventListener("x", () => n++, { once: true });
    t.addEventListener("x", () => n += 10, { signal: c.signal });
    t.dispatchEvent(new Event("x"));
    c.abort();
    t.dispatchEvent(new Event("x"));
    return n;
  },
  "EventTarget handleEvent": () => {
    const t = new EventTarget();
    let got;
    t.addEventListener("x", {
      handleEvent(e) {
        got = e.type;
      },
    });
    return [t.dispatchEvent(new Event("x", { cancelable: true })), got];
  },
  "Event members": () => {
    const e = new Event("x", { bubbles: true, cancelable: true, composed: true });
    e.preventDefault();
    return [
      e.type,
      e.bubbles,
      e.cancelable,
      e.composed,
      e.defaultPrevented,
      e.eventPhase,
      e.isTrusted,
      e.returnValue,
      e.cancelBubble,
      typeof e.timeStamp,
      e.composedPath(),
    ];
  },
  "CustomEvent": () => new CustomEvent("x", { detail: { a: 1 } }).detail,
  "ErrorEvent": () => {
    const e = new ErrorEvent("error", { message: "m", error: 5, filename: "f", lineno: 1, colno: 2 });
    return [e.message, e.error, e.filename, e.lineno, e.colno];
  },
  "CloseEvent": () => {
    const e = new CloseEvent("close", { code: 1000, reason: "r", wasClean: true });
    return [e.code, e.reason, e.wasClean];
  },
  "MessageEvent": () => {
    const e = new MessageEvent("message", { data: 5, origin: "o", lastEventId: "1" });
    return [e.data, e.origin, e.lastEventId, e.source, e.ports];
  },
  "DOMException": () => {
    const e = new DOMException("m", "AbortError");
    return [e.name, e.code, e.message, e instanceof Error, DOMException.ABORT_ERR, typeof e.stack];
  },
  "atob btoa": () => [atob("aGk="), btoa("hi"), atob(" aGk ")],
  "atob bad": () => atob("*"),
  "btoa bad": () => btoa("☃"),
  "eval": () => eval("1+1"),
  "Function": () => new Function("return 1")(),
  "WebAssembly.compile": async () =>
    (await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))) instanceof WebAssembly.Module,
  "Date.now advances": () => typeof Date.now(),
  "Intl": () => [
    new Intl.NumberFormat("de-DE").format(1234.5),
    new Date(0).toLocaleString("en-US", { timeZone: "UTC" }),
    Intl.DateTimeFormat().resolvedOptions().timeZone,
  ],
  "Date local": () => [new Date(2020, 0, 1).toISOString(), new Date(0).getTimezoneOffset()],
  "console methods": () =>
    [
      "log",
      "debug",
      "info",
      "warn",
      "error",
      "table",
      "time",
      "timeEnd",
      "timeLog",
      "timeStamp",
      "trace",
      "group",
      "groupCollapsed",
      "groupEnd",
      "count",
      "countReset",
      "dir",
      "dirxml",
      "assert",
      "clear",
    ].filter((n) => typeof console[n] !== "function"),
  "language": () => [
    typeof Array.fromAsync,
    typeof Promise.withResolvers,
    typeof Object.groupBy,
    typeof Iterator,
    typeof Promise.try,
    typeof Uint8Array.fromBase64,
    typeof Error.captureStackTrace,
    typeof Array.prototype.toSorted,
    typeof Set.prototype.union,
    typeof RegExp.escape,
    typeof Math.f16round,
    typeof JSON.rawJSON,
    typeof SharedArrayBuffer,
    typeof Atomics,
    typeof Symbol.dispose,
    typeof Error.isError,
  ],
  "globalThis enumerable": () =>
    Object.keys(globalThis).filter((n) =>
      /^(fetch|self|navigator|crypto|caches|setTimeout|console|performance|scheduler)$/.test(n)
    ).sort(),
  "WebAssembly streaming": () => [typeof WebAssembly.instantiateStreaming, typeof WebAssembly.compileStreaming],
  "Performance class": () => [performance instanceof Performance, performance instanceof EventTarget],
  "PerformanceObserver": () =>
    typeof PerformanceObserver === "function" ? PerformanceObserver.supportedEntryTypes : null,
  "EventSource members": () => [EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED, typeof EventSource.from],
  "EventSource from": () =>
    new Promise((resolve) => {
      const s = EventSource.from(new Response("data: one\n\nevent: x\ndata: two\nid: 5\n\n").body);
      const got = [];
      s.onmessage = (e) => got.push(["message", e.data, e.lastEventId]);
      s.addEventListener("x", (e) => {
        got.push(["x", e.data, e.lastEventId]);
        s.close();
        resolve(got);
      });
    }),
  "ErrorEvent types": () => [new ErrorEvent("x").message, new ErrorEvent("x").error ?? null],
  "PromiseRejectionEvent": () => {
    const p = Promise.resolve();
    const e = new PromiseRejectionEvent("x", { promise: p, reason: 1 });
    return [e.reason, e.promise === p];
  },
  "AbortSignal listener context": async () => {
    const c = new AbortController();
    const p = new Promise((r) =>
      c.signal.addEventListener("abort", function () {
        r(this === c.signal);
      })
    );
    c.abort();
    return await p;
  },
};
