/** Two apps that replace builtins and poison prototypes while they call each other: neither learns or breaks anything. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const TRAPS = `const caught = [];
let armed = false;
const INNER = ["resolve", "reject", "place", "args", "forget", "postMessage", "entrypoint", "blobs", "operation", "depth"];
const note = (name, self, given) => {
  for (const value of [self, ...given]) {
    if (typeof value !== "object" || value === null) continue;
    let keys = [];
    try { keys = Reflect.ownKeys(value).map(String); } catch {}
    if (keys.some((key) => INNER.includes(key))) caught.push(name + ": " + keys.join());
  }
};
const quietly = (name, self, given) => { if (!armed) return; armed = false; note(name, self, given); armed = true; };
const trap = (owner, name) => {
  const { value } = Object.getOwnPropertyDescriptor(owner, name);
  const { apply } = Reflect;
  Object.defineProperty(owner, name, { configurable: true, writable: true, value: function (...given) {
    quietly(name, this, given);
    return apply(value, this, given);
  } });
};
for (const [owner, names] of [
  [Map.prototype, ["get", "set", "delete", "has", "forEach"]],
  [Set.prototype, ["add", "has", "forEach"]],
  [Array.prototype, ["push", "shift", "splice", "map", "forEach", "slice", "join"]],
  [Promise.prototype, ["then", "catch", "finally"]],
  [JSON, ["parse", "stringify"]],
  [Object, ["keys", "entries", "defineProperty", "getPrototypeOf"]],
  [Date.prototype, ["getTime", "valueOf", "toISOString"]],
  [TextDecoder.prototype, ["decode"]],
  [TextEncoder.prototype, ["encode"]],
  [Object.getPrototypeOf(Uint8Array.prototype), ["slice", "set", "subarray"]],
  [ReadableStream.prototype, ["getReader", "cancel"]],
  [Headers.prototype, ["append", "get", "forEach"]],
  [Response.prototype, ["text", "arrayBuffer"]],
  [String.prototype, ["slice", "toWellFormed"]],
]) for (const name of names) if (Object.hasOwn(owner, name)) trap(owner, name);
for (const key of ["then", "body", "signal", "id", "type", "", "0", "1", "7", "toJSON", "cause", "stack", "isPlain"]) {
  Object.defineProperty(Object.prototype, key, {
    configurable: true,
    get() { quietly("get " + key, this, []); return undefined; },
    set(value) {
      quietly("set " + key, this, [value]);
      Object.defineProperty(this, key, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}
for (const iterated of [Array.prototype, Map.prototype, Set.prototype]) {
  const { value } = Object.getOwnPropertyDescriptor(iterated, Symbol.iterator);
  const { apply } = Reflect;
  Object.defineProperty(iterated, Symbol.iterator, { configurable: true, writable: true, value() {
    quietly("iterator", this, []);
    return apply(value, this, []);
  } });
}
`;
const AUTH = `import { WorkerEntrypoint } from "cloudflare:workers";
${TRAPS}
armed = true;
export default class extends WorkerEntrypoint {
  one(value) { return value; }
  fails() { throw Object.assign(new RangeError("on purpose"), { more: 1 }); }
  response() { return new Response("made", { headers: { "x-a": "b" } }); }
  caught() { armed = false; return caught; }
}`;
const SHOP = `${TRAPS}
export default {
  async fetch(request, env) {
    armed = true;
    const value = { list: [1, "two", new Date(3)], map: new Map([["a", new Set([1])]]), bytes: new Uint8Array(300_000), circle: null };
    value.circle = value;
    const got = await env.AUTH.one(value);
    const failed = await env.AUTH.fails().catch((error) => [error.name, error.message, error.more]);
    const response = await env.AUTH.response();
    const text = await response.text();
    const read = await new Response(await env.AUTH.one(new Response("stream").body)).text();
    armed = false;
    const theirs = await env.AUTH.caught();
    const told = [got.circle === got, got.list[2].getTime(), [...got.map.get("a")], got.bytes.length, failed, text, read, response.headers.get("x-a")];
    return new Response(JSON.stringify({ told, caught: [...new Set(caught)], theirs: [...new Set(theirs)] }));
  },
};`;

Deno.test("Replaced builtins neither break calls between apps nor show what they are made of", async () => {
  await using project = await TempProject.create({
    shop: { files: { "index.js": SHOP }, config: { bindings: { AUTH: { service: "auth" } } } },
    auth: { files: { "index.js": AUTH } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("shop", "/")).json(), {
    told: [true, 3, [1], 300_000, ["RangeError", "on purpose", 1], "made", "stream", "b"],
    caught: [],
    theirs: [],
  });
});
