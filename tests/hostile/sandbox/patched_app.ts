/** An app that patches all of a kind of natives, and then does what apps do; each deed tells what it saw. */

/** What each kind patches, as statements; `break_` replaces methods and getters with ones that throw. */
export const PATCHES: Readonly<Record<string, string>> = {
  "options on Object.prototype": `
    const names = ("size highWaterMark type signal pull start cancel flush transform headers status statusText body " +
      "method mode once capture passive transfer ignoreBOM fatal stream ignoreSearch ignoreVary ignoreMethod webSocket " +
      "handler onError onListen port hostname credentials redirect cache integrity keepalive duplex referrer protocol " +
      "write append compat lastModified endings preventClose preventAbort preventCancel detail bubbles cancelable data " +
      "origin lastEventId ports source code reason wasClean error message name iterations modulusLength hash owned byob " +
      "sent detached colors depth compact env waitUntil scheduled hostObjects deserializers flavor").split(" ");
    for (const name of names) ObjectPrototype[name] = "patched";`,
  "descriptors on Object.prototype": `
    for (const name of ["value", "writable", "enumerable", "configurable"]) ObjectPrototype[name] = 1;`,
  "accessors on Object.prototype": `ObjectPrototype.get = () => 1; ObjectPrototype.set = () => {};`,
  "the iteration protocol": `
    for (const made of [[][Symbol.iterator](), new Map().keys(), new Set().keys(), ""[Symbol.iterator]()]) {
      break_(Object.getPrototypeOf(made), "next");
    }
    for (const one of [Array, Map, Set, String, Uint8Array, Headers, URLSearchParams]) {
      break_(one === Uint8Array ? TypedArray : one.prototype, Symbol.iterator);
    }`,
  "promises": `breakAll(Promise.prototype); breakAll(Promise);`,
  "functions": `for (const name of ["call", "apply", "bind"]) break_(Function.prototype, name);`,
  "collections": `
    for (const one of [Map, Set, WeakMap, WeakSet, WeakRef, FinalizationRegistry]) breakAll(one.prototype);`,
  "lists": `breakAll(Array.prototype); breakAll(Array);`,
  "texts": `breakAll(String.prototype); breakAll(String); breakAll(Number.prototype); breakAll(Number);`,
  "patterns": `breakAll(RegExp.prototype);`,
  "bytes": `
    for (const one of [TypedArray, ArrayBuffer.prototype, SharedArrayBuffer.prototype, DataView.prototype]) breakAll(one);
    breakAll(Uint8Array.prototype); breakAll(ArrayBuffer);`,
  "streams": `
    for (const one of [ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader,
      ReadableStreamDefaultController, ReadableByteStreamController, ReadableStreamBYOBRequest, TransformStream,
      WritableStream, WritableStreamDefaultWriter, TextEncoder, TextDecoder, TextDecoderStream]) breakAll(one.prototype);`,
  "requests and responses": `
    for (const one of [Request, Response, Headers, URL, URLSearchParams]) { breakAll(one.prototype); breakAll(one); }`,
  "events and aborts": `
    for (const one of [EventTarget, Event, MessageEvent, CloseEvent, AbortController, AbortSignal, MessagePort]) {
      breakAll(one.prototype);
    }`,
  "blobs and forms": `for (const one of [Blob, File, FormData]) breakAll(one.prototype);`,
  "statics": `for (const one of [Object, Reflect, Math, JSON, Symbol, Date, BigInt, Error, Atomics]) breakAll(one);`,
  "globals": `
    for (const name of kept.names) {
      if (name !== "globalThis" && name !== "undefined" && name !== "NaN" && name !== "Infinity") {
        try { globalThis[name] = broken(name); } catch {}
      }
    }`,
};

/** Source of such an app. Its own means are kept first; what stands here uses nothing that a patch reaches. */
export function patchedApp(patch: string): string {
  return `
const { bind, call } = Function.prototype;
const uncurry = bind.bind(call);
const ObjectPrototype = Object.prototype;
const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { ownKeys } = Reflect;
const NativeError = Error;
const getter = (one, name) => uncurry(getOwnPropertyDescriptor(one.prototype, name).get);
const bare = (members) => ({ __proto__: null, ...members });
const { create } = Object;
const N = { Response, Request, ReadableStream, Uint8Array, Blob, File, FormData, WebSocketPair, EventSource, Promise,
  TextDecoder, Headers, SharedArrayBuffer, Memory: WebAssembly.Memory, setTimeout, AbortController };
const M = {
  text: uncurry(Response.prototype.text), requestText: uncurry(Request.prototype.text),
  requestForm: uncurry(Request.prototype.formData), responseForm: uncurry(Response.prototype.formData), responseBlob: uncurry(Response.prototype.blob),
  headersOf: getter(Request, "headers"), headersGet: uncurry(Headers.prototype.get), urlOf: getter(Request, "url"),
  enqueue: uncurry(ReadableStreamDefaultController.prototype.enqueue),
  close: uncurry(ReadableStreamDefaultController.prototype.close), getReader: uncurry(ReadableStream.prototype.getReader),
  read: uncurry(ReadableStreamDefaultReader.prototype.read), bodyOf: getter(Response, "body"),
  lengthOf: uncurry(getOwnPropertyDescriptor(TypedArray, "byteLength").get), fill: uncurry(TypedArray.fill),
  blobText: uncurry(Blob.prototype.text), slice: uncurry(Blob.prototype.slice), append: uncurry(FormData.prototype.append),
  formGet: uncurry(FormData.prototype.get), listen: uncurry(EventTarget.prototype.addEventListener),
  put: uncurry(Cache.prototype.put), match: uncurry(Cache.prototype.match),
  indexOf: uncurry(String.prototype.indexOf), cut: uncurry(String.prototype.slice), stringify: JSON.stringify,
  abort: uncurry(AbortController.prototype.abort), signalOf: getter(AbortController, "signal"),
  deriveBits: crypto.subtle.deriveBits.bind(crypto.subtle), subtleImport: crypto.subtle.importKey.bind(crypto.subtle),
  socketSend: uncurry(WebSocket.prototype.send), accept: uncurry(WebSocket.prototype.accept),
};
const cache = caches.default;
const nativeFetch = fetch;
const log = console.log;
const clone = structuredClone;
const names = Object.getOwnPropertyNames(globalThis);
const kept = { names };
const broken = (name) => function () { throw new NativeError("the patched " + name + " was called"); };
function break_(holder, name) {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  if (descriptor === undefined || !descriptor.configurable || name === "constructor") return;
  const label = typeof name === "symbol" ? "symbol" : name;
  const made = create(null);
  made.configurable = true;
  if (descriptor.get !== undefined) made.get = broken(label);
  else if (typeof descriptor.value === "function") { made.value = broken(label); made.writable = true; }
  else return;
  defineProperty(holder, name, made);
}
function breakAll(holder) {
  const keys = ownKeys(holder);
  for (let at = 0; at < keys.length; at++) break_(holder, keys[at]);
}
const later = (ms) => new N.Promise((resolve) => N.setTimeout(resolve, ms));
const text = (body, headers = create(null)) => new N.Response(body, bare({ headers }));
/** Three chunks of 40,000 bytes. */
const stream = () => {
  let left = 3;
  return new N.ReadableStream(bare({ pull(controller) {
    if (left-- === 0) return M.close(controller);
    M.enqueue(controller, M.fill(new N.Uint8Array(40_000), 97));
  } }), bare({ highWaterMark: 0 }));
};
const count = async (body) => {
  const reader = M.getReader(body);
  let bytes = 0;
  for (;;) {
    const { done, value } = await M.read(reader);
    if (done) return bytes;
    bytes += M.lengthOf(value);
  }
};
const refused = (make, error = "RangeError") => {
  try { make(); } catch (thrown) { return thrown.name === error ? "refused" : thrown.message; }
  return "allowed";
};

const deeds = {
  __proto__: null,
  plain: () => text("plain", bare({ "x-told": "yes" })),
  headers: (request) => text(M.headersGet(M.headersOf(request), "x-asked") ?? "none"),
  stream: () => new N.Response(stream()),
  echo: async (request) => text("" + (await M.requestText(request)).length),
  form: async (request) => {
    const form = await M.requestForm(request);
    return text(M.formGet(form, "field") + " " + await M.blobText(M.formGet(form, "file")));
  },
  blob: async () => {
    const blob = M.slice(await M.responseBlob(new N.Response("a blob of text")), 2, 6);
    if (await M.blobText(blob) !== "blob") throw new NativeError("the blob holds " + await M.blobText(blob));
    const form = new N.FormData();
    M.append(form, "a", "1");
    const answer = await M.responseForm(new N.Response(form));
    return text("form " + M.formGet(answer, "a"));
  },
  clone: () => text(clone(bare({ a: "kept" })).a),
  cache: async () => {
    await M.put(cache, "http://cache.test/a", new N.Response("cached", bare({ headers: bare({ "cache-control": "max-age=60, private=\\"x-a\\"" }) })));
    return text(await M.text(await M.match(cache, "http://cache.test/a")));
  },
  fetch: async (request, env) => {
    const answer = await nativeFetch(env.UPSTREAM + "/upper", bare({ method: "POST", body: stream(), duplex: "half", headers: bare({ "x-a": "b" }) }));
    return text("" + await count(M.bodyOf(answer)));
  },
  abort: async (request, env) => {
    const controller = new N.AbortController();
    const answer = nativeFetch(env.UPSTREAM + "/never", bare({ signal: M.signalOf(controller) }));
    M.abort(controller);
    try { await answer; } catch (error) { return text(error.name); }
    return text("answered");
  },
  events: async (request, env) => {
    const source = new N.EventSource(env.UPSTREAM + "/events");
    const data = await new N.Promise((resolve, reject) => {
      M.listen(source, "message", (event) => resolve(event.data));
      M.listen(source, "error", () => reject(new NativeError("the event source failed")));
    });
    source.close();
    return text(data);
  },
  pair: async () => {
    const pair = new N.WebSocketPair();
    const heard = new N.Promise((resolve) => M.listen(pair[1], "message", (event) => resolve(event.data)));
    M.accept(pair[0]);
    M.accept(pair[1]);
    M.socketSend(pair[0], "over the pair");
    return text(await heard);
  },
  log: () => { log("a line of %s", "the app"); return text("logged"); },
  shared: () => text(refused(() => new N.SharedArrayBuffer(200 * 1024 * 1024))),
  memory: () => text(refused(() => new N.Memory(bare({ initial: 3000 })))),
  pbkdf2: async () => {
    const key = keys.pbkdf2;
    try {
      await M.deriveBits(bare({ name: "PBKDF2", salt: new N.Uint8Array(8), iterations: 4e9, hash: "SHA-512" }), key, 512);
    } catch (error) { return text(error.name === "RangeError" ? "refused" : error.name + error.message); }
    return text("allowed");
  },
  throws: () => { throw new NativeError("on purpose"); },
};
const keys = { pbkdf2: await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]) };
let isPatched = false;
export default {
  async fetch(request, env) {
    const url = M.urlOf(request);
    const name = M.cut(url, M.indexOf(url, "/", 8) + 1);
    if (!isPatched) {
      isPatched = true;
      ${patch}
    }
    try {
      return await deeds[name](request, env);
    } catch (error) {
      if (name === "throws") throw error;
      return text("failed: " + error.message + "\\n" + error.stack);
    }
  },
};`;
}
