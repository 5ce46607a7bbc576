/** Methods of one app called by another: what crosses, what does not, and who hears of it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const AUTH = `import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
class Fault extends Error {
  name = "Fault";
  constructor(text) { super(text, { cause: new RangeError("below") }); this.code = 7; this.more = { a: [1] }; this.bad = () => {}; }
}
export default class extends WorkerEntrypoint {
  own = () => "never";
  async add(a, b) { return a + b; }
  echo(...given) { return given; }
  one(value) { return value; }
  told() { return { secret: this.env.SECRET, props: this.ctx.props, keys: Object.keys(this.env) }; }
  get title() { return "the title"; }
  get nested() { return { deep: { add: (a, b) => a + b, value: 5 }, target: new Target(), other: new Other() }; }
  fails() { throw new Fault("on purpose"); }
  throws(what) { throw what; }
  getter() { throw { get message() { throw new Error("hostile"); } }; }
  proxy() { throw new Proxy(new Error("hidden"), { get() { throw new Error("trap"); } }); }
  late() { return new Promise((_, reject) => setTimeout(() => reject(new TypeError("late")), 5)); }
  fn() { return { call: () => 1 }; }
  target() { return new Target(); }
  other() { return new Other(); }
  huge() { return "x".repeat(100_000_000); }
  hugeBytes() { return new Uint8Array(100_000_000); }
  big(length) { return new Uint8Array(length).fill(3); }
  size(bytes) { return bytes.byteLength; }
  never() { return new Promise(() => {}); }
  stream(text) { return new Response(text).body; }
  async read(stream) { return await new Response(stream).text(); }
  upper(stream) { return stream.pipeThrough(new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.map((byte) => byte - 32)); } })); }
  response() { return new Response("made", { status: 201, statusText: "Made", headers: [["x-a", "1"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]] }); }
  async asked(request) { return [request.method, request.url, request.headers.get("x-q"), await request.text()]; }
  background() { this.ctx.waitUntil(Promise.resolve()); return "done"; }
  fetch(request) { return new Response("auth " + new URL(request.url).pathname); }
}
class Target extends RpcTarget { hi() { return "hi"; } }
class Other { hi() { return "never"; } }
export class Admin extends WorkerEntrypoint {
  who() { return "admin of " + JSON.stringify(this.ctx.props); }
  fetch() { return new Response("admin " + JSON.stringify(this.ctx.props)); }
}
export const plain = {
  double(value, env, ctx) { return value * 2 + env.SECRET.length + typeof ctx.waitUntil; },
  many(a, b, c, d) {},
  answer: 42,
  fetch() { return new Response("plain"); },
};
export class Silent extends WorkerEntrypoint {}
`;
/** Runs the body of a function over env that comes as the request's text. */
const SHOP = `export default {
  async fetch(request, env) {
    const shown = (value) => {
      if (value instanceof Error) return { error: [value.name, value.message], class: value.constructor.name, code: value.code ?? null };
      return value === undefined ? null : value;
    };
    const script = new (Object.getPrototypeOf(async () => {}).constructor)("env", await request.text());
    try {
      return Response.json(shown(await script(env)));
    } catch (error) {
      return Response.json({ thrown: shown(error) });
    }
  },
};`;

async function scene(config: Readonly<Record<string, unknown>> = {}, auth = AUTH) {
  const project = await TempProject.create({
    shop: {
      files: { "index.js": SHOP },
      config: {
        bindings: {
          AUTH: { service: "auth" },
          ADMIN: { service: "auth", entrypoint: "Admin", props: { level: 3, list: ["a"] } },
          PLAIN: { service: "auth", entrypoint: "plain" },
          SILENT: { service: "auth", entrypoint: "Silent" },
          NOWHERE: { service: "auth", entrypoint: "Nowhere" },
          NOBODY: { service: "nobody" },
        },
      },
    },
    auth: { files: { "index.js": auth }, config: { env: { SECRET: "four" }, ...config } },
  });
  const nano = await NanoProcess.start(project.configFile);
  const run = async (script: string) => await (await nano.fetch("shop", "/", { method: "POST", body: script })).json();
  return {
    nano,
    run,
    async [Symbol.asyncDispose]() {
      await nano[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

Deno.test("Methods of another app are called with what structured clone takes, and their results come back", async () => {
  await using made = await scene();
  const { run } = made;
  assertEquals(await run(`return await env.AUTH.add(1, 2)`), 3);
  assertEquals(await run(`return await env.AUTH.told()`), { secret: "four", props: {}, keys: ["SECRET"] });
  assertEquals(await run(`return await env.ADMIN.who()`), `admin of {"level":3,"list":["a"]}`);
  assertEquals(await run(`return await env.AUTH.title`), "the title");
  assertEquals(await run(`return await env.AUTH.nested.deep.value`), 5);
  assertEquals(await run(`return await env.AUTH.nested.deep.add(2, 3)`), 5);
  assertEquals(await run(`return await env.AUTH.nested.target.hi()`), "hi");
  assertEquals(await run(`return await env.AUTH.background()`), "done");
  const crossed = `
    const shared = { a: 1 };
    const given = [undefined, null, NaN, -0, Infinity, 12345678901234567890n, "\\ud800 é", new Date(5), /a"b/gi, shared, shared,
      new Map([[shared, new Set([1, "2"])]]), new Uint16Array([1, 65535]), new Uint8Array([1, 2, 3, 4]).subarray(1, 3), new ArrayBuffer(2),
      new DataView(new ArrayBuffer(4), 1), [1, , 3], { "": 1, ["__proto__"]: 2, x: undefined }, new Error("e"), Object(5),
      new Headers([["a", "b"]]), new DOMException("gone", "AbortError"), Object.create(null)];
    given.push(given);
    const [...got] = await env.AUTH.echo(...given);
    const circle = got[23];
    return {
      kinds: got.slice(0, 23).map((value) => Object.prototype.toString.call(value)),
      same: [got[9] === got[10], [...got[11].keys()][0] === got[9], Object.is(got[3], -0), got[2], got[5] === given[5], got[6] === given[6]].map(String),
      circle: circle[23] === circle && circle[9] === got[9],
      date: got[7].getTime(), pattern: String(got[8]), set: [...got[11].get(got[9])],
      bytes: [[...got[12]], [...got[13]], got[13].buffer.byteLength, got[14].byteLength, got[15].byteLength],
      hole: [1 in got[16], got[16].length], odd: [Object.keys(got[17]), Object.getPrototypeOf(got[17]) === Object.prototype],
      error: got[18].message, headers: [...got[20]], dom: [got[21].name, got[21].message, got[21].code],
    };`;
  const got = await run(crossed);
  assertEquals(got.kinds.map((kind: string) => kind.slice(8, -1)), [
    ...["Undefined", "Null", "Number", "Number", "Number", "BigInt", "String", "Date", "RegExp", "Object", "Object"],
    ...["Map", "Uint16Array", "Uint8Array", "ArrayBuffer", "DataView", "Array", "Object", "Error", "Number"],
    ...["Headers", "DOMException", "Object"],
  ]);
  delete got.kinds;
  assertEquals(got, {
    same: ["true", "true", "true", "NaN", "true", "true"],
    circle: true,
    date: 5,
    pattern: `/a"b/gi`,
    set: [1, "2"],
    bytes: [[1, 65535], [2, 3], 2, 2, 3],
    hole: [false, 3],
    odd: [["", "__proto__", "x"], true],
    error: "e",
    headers: [["a", "b"]],
    dom: ["AbortError", "gone", 20],
  });
  assertEquals(await run(`using value = await env.AUTH.one({ a: 1 }); return value`), { a: 1 });
});

Deno.test("What a method throws reaches its caller with name, message, cause and own members", async () => {
  await using made = await scene();
  const { nano, run } = made;
  const fault = await run(`try { await env.AUTH.fails() } catch (error) {
    return [error instanceof Error, error.name, error.message, error.code, error.more, error.cause.name, error.cause.message, "bad" in error, error.stack.includes("auth")];
  }`);
  assertEquals(fault, [true, "Fault", "on purpose", 7, { a: [1] }, "RangeError", "below", false, false]);
  assertEquals((await run(`await env.AUTH.late()`)).thrown, {
    error: ["TypeError", "late"],
    class: "TypeError",
    code: null,
  });
  assertEquals(await run(`try { await env.AUTH.throws({ a: 1 }) } catch (thrown) { return thrown }`), { a: 1 });
  assertEquals((await run(`await env.AUTH.getter()`)).thrown.class, "Error");
  assertEquals((await run(`await env.AUTH.proxy()`)).thrown.class, "Error");
  const logged = await nano.waitForEvent(({ event, text }) => event === "app_log" && /on purpose/.test(String(text)));
  assertEquals(logged["app"], "auth");
  const ended = nano.events.filter(({ event, app, path }) =>
    event === "request" && app === "auth" && path === "/default/fails"
  );
  assertEquals(ended.map(({ method, status, end, code }) => [method, status, end, code]), [[
    "RPC",
    500,
    "app_failed",
    "APP_EXCEPTION",
  ]]);
});

Deno.test("Only what a class declares is reached, and of a plain object what is its own, by the rules of Workers", async () => {
  await using made = await scene();
  const { run } = made;
  const message = async (script: string) => (await run(script)).thrown?.error.join(": ");
  const missing = (name: string) => `TypeError: The RPC receiver does not implement the method "${name}".`;
  for (const name of ["own", "nothing", "__proto__", "env", "ctx"]) {
    assertEquals(await message(`await env.AUTH[${JSON.stringify(name)}]()`), missing(name));
  }
  for (const name of ["alarm", "dup", "webSocketClose"]) {
    assertEquals(
      await message(`await env.AUTH.${name}()`),
      `TypeError: '${name}' is a reserved method and cannot be called over RPC.`,
    );
  }
  assertEquals(
    await message(`await env.AUTH.nested.constructor.constructor("return 1")`),
    `TypeError: 'constructor' is a reserved method and cannot be called over RPC.`,
  );
  assertEquals(await message(`await env.AUTH.nested.other.hi()`), missing("other"));
  assertEquals(await message(`await env.AUTH.title()`), `TypeError: "title" is not a function.`);
  assertMatch(await message(`await env.NOWHERE.who()`), /^TypeError: The app has no entrypoint "Nowhere"/);
  assertEquals(await message(`await env.NOBODY.who()`), `Error: Cannot call env.NOBODY.who: there is no app "nobody"`);
  assertEquals(await run(`return await env.PLAIN.double(4)`), "12function");
  assertEquals(await run(`return await env.PLAIN.answer`), 42);
  assertMatch(await message(`await env.PLAIN.double(1, 2)`), /with the wrong number of arguments\. When calling/);
  assertMatch(await message(`await env.PLAIN.many(1)`), /because it has the wrong number of arguments\. A simple/);
  assertEquals(await run(`return await env.PLAIN.toString(1)`), "[object Fetcher]");
  const fetched = (name: string) => run(`return await (await env.${name}.fetch("http://x/p")).text()`);
  assertEquals(await fetched("AUTH"), "auth /p");
  assertEquals(await fetched("ADMIN"), `admin {"level":3,"list":["a"]}`);
  assertEquals(await fetched("PLAIN"), "plain");
  assertEquals(
    (await fetched("SILENT")).thrown.error[1],
    'The entrypoint "Silent" does not export a fetch() function.',
  );
});

Deno.test("What cannot cross is named with its place, on both ways", async () => {
  await using made = await scene();
  const { run } = made;
  const refusal = async (script: string) => (await run(script)).thrown.error.join(": ");
  assertMatch(
    await refusal(`await env.AUTH.one({ a: [{ on() {} }] })`),
    /^DataCloneError: Could not serialize a function \(arguments\[0\]\.a\[0\]\.on\)/,
  );
  assertMatch(
    await refusal(`await env.AUTH.one(Symbol("x"))`),
    /^DataCloneError: Could not serialize a symbol \(arguments\[0\]\)/,
  );
  assertMatch(await refusal(`await env.AUTH.one(new (class Mine {})())`), /object of type "Mine" \(arguments\[0\]\)/);
  assertMatch(await refusal(`await env.AUTH.one(Promise.resolve())`), /object of type "Promise"/);
  assertMatch(await refusal(`await env.AUTH.one(new WritableStream())`), /object of type "WritableStream"/);
  assertMatch(
    await refusal(`await env.AUTH.fn()`),
    /^DataCloneError: Could not serialize a function \(the result\.call\)/,
  );
  assertMatch(await refusal(`await env.AUTH.target()`), /object of type "Target" \(the result\)/);
  assertMatch(
    await refusal(`await env.AUTH.echo(new Response("a").body, new Response("b").body)`),
    /a second stream \(arguments\[1\]\)/,
  );
  assertMatch(
    await refusal(`let a = []; for (let i = 0; i < 2000; i++) a = [a]; await env.AUTH.one(a)`),
    /more than 1000 levels/,
  );
  assertMatch(
    await refusal(`await env.AUTH.huge()`),
    /^RangeError: Serialized RPC arguments or return values are limited to 32MiB/,
  );
  assertMatch(await refusal(`await env.AUTH.hugeBytes()`), /limited to 32MiB|external_mb/);
  assertMatch(await refusal(`await env.AUTH.one("x".repeat(40_000_000))`), /limited to 32MiB/);
});

Deno.test("Streams, Requests and Responses cross in both ways, and long values in pieces", async () => {
  await using made = await scene();
  const { run } = made;
  assertEquals(await run(`return await new Response(await env.AUTH.stream("streamed")).text()`), "streamed");
  assertEquals(await run(`return await env.AUTH.read(new Response("given").body)`), "given");
  assertEquals(
    await run(`return await new Response(await env.AUTH.upper(new Response("aloud").body)).text()`),
    "ALOUD",
  );
  const response = `const got = await env.AUTH.response();
    return [got instanceof Response, got.status, got.statusText, got.headers.get("x-a"), got.headers.getSetCookie(), await got.text()]`;
  assertEquals(await run(response), [true, 201, "Made", "1", ["a=1", "b=2"], "made"]);
  const request =
    `return await env.AUTH.asked(new Request("http://x/y?z", { method: "PUT", headers: { "x-q": "q" }, body: "the body" }))`;
  assertEquals(await run(request), ["PUT", "http://x/y?z", "q", "the body"]);
  assertEquals(await run(`return await env.AUTH.size(new Uint8Array(20_000_000))`), 20_000_000);
  assertEquals(await run(`const got = await env.AUTH.big(20_000_000); return [got.length, got[0], got[19_999_999]]`), [
    20_000_000,
    3,
    3,
  ]);
  assertEquals(await run(`return (await env.AUTH.one("é".repeat(1_000_000))).length`), 1_000_000);
  const long = `let left = 64;
    const source = new ReadableStream({ pull(controller) { left-- > 0 ? controller.enqueue(new Uint8Array(1_000_000).fill(97)) : controller.close(); } });
    let size = 0;
    for await (const chunk of await env.AUTH.upper(source)) { size += chunk.length; if (chunk[0] !== 65) throw new Error("wrong"); }
    return size;`;
  assertEquals(await run(long), 64_000_000);
});

Deno.test("A method that never answers is given up by the limit of its app, and the caller hears the code", async () => {
  await using made = await scene({ timeout_ms: 300 });
  const { nano, run } = made;
  const late = await run(`await env.AUTH.never()`);
  assertEquals(late.thrown.code, "REQUEST_TIMEOUT");
  assertMatch(late.thrown.error[1], /^Cannot call env\.AUTH\.never: /);
  const ended = await nano.waitForEvent(({ event, path }) => event === "request" && path === "/default/never");
  assertEquals([ended["status"], ended["end"], ended["code"]], [504, "timed_out", "REQUEST_TIMEOUT"]);
  assertEquals(await run(`return await env.AUTH.add(1, 1)`), 2);
});

const CIRCLE = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  async around(count) { await null; return await this.env.NEXT.around(count + 1); }
  async fetch(request) { return await this.env.NEXT.fetch("http://again/"); }
}`;

Deno.test("Apps that call each other in a circle are stopped after 16, whether by methods or by new requests", async () => {
  const project = await TempProject.create({
    one: { files: { "index.js": CIRCLE }, config: { bindings: { NEXT: { service: "two" } } } },
    two: { files: { "index.js": CIRCLE }, config: { bindings: { NEXT: { service: "one" } } } },
    start: {
      files: {
        "index.js": `export default { async fetch(request, env) {
        try { await env.ONE.around(0); } catch (error) { return Response.json([error.message, error.code]); }
      } };`,
      },
      config: { bindings: { ONE: { service: "one" } } },
    },
  });
  await using _project = project;
  await using nano = await NanoProcess.start(project.configFile);
  const [message, code] = await (await nano.fetch("start", "/")).json();
  assertStringIncludes(message, "the request went through 16 apps already");
  assertEquals(code, "LOOP");
  const calls = (method: string) =>
    nano.events.filter((one) => one["method"] === method && one["app"] !== "start").length;
  await nano.waitForEvent(() => calls("RPC") === 16);
  const looped = await nano.fetch("one", "/");
  await looped.body?.cancel();
  assertEquals(looped.status, 500);
  // The one of the client, and sixteen.
  await nano.waitForEvent(() => calls("GET") === 17);
  assertEquals([calls("RPC"), calls("GET")], [16, 17]);
});

const OWN = `import { exports, WorkerEntrypoint } from "cloudflare:workers";
export class Counter extends WorkerEntrypoint {
  add(list) { list.push(1); return { list, props: this.ctx.props, env: Object.keys(this.env) }; }
  fails() { throw new RangeError("on purpose"); }
  around() { return this.ctx.exports.Counter.around(); }
  fetch(request) { return new Response("counter " + new URL(request.url).pathname + JSON.stringify(this.ctx.props)); }
}
export const helper = () => 1;
export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/inner") return new Response("inner");
    const given = [0];
    const told = (error) => [error.name, error.message, error.code ?? null];
    return Response.json([
      Object.keys(ctx.exports), await ctx.exports.Counter.add(given), given,
      (await exports.Counter({ props: { a: 1 } }).add([])).props,
      await ctx.exports.Counter.fails().catch(told), await ctx.exports.Counter.around().catch(told),
      await ctx.exports.Counter.add(() => {}).catch(({ name }) => name),
      await (await ctx.exports.Counter({ props: 5 }).fetch("http://x/p")).text(),
      await (await ctx.exports.default.fetch("http://x/inner")).text(), ctx.props,
    ]);
  },
};`;

Deno.test("An app reaches its own entrypoints by ctx.exports as another app would, by value and not for ever", async () => {
  await using project = await TempProject.create({
    own: { files: { "index.js": OWN }, config: { env: { A: "b" } } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("own", "/")).json(), [
    ["Counter", "default"],
    { list: [0, 1], props: {}, env: ["A"] },
    [0],
    { a: 1 },
    ["RangeError", "on purpose", null],
    ["Error", "Cannot call ctx.exports.Counter: the request went through 16 apps already", "LOOP"],
    "DataCloneError",
    "counter /p5",
    "inner",
    {},
  ]);
});
