// deno-lint-ignore-file -- it runs as an app and in plain Deno, as text: see deno_kv_test.ts
/** What `Deno.Kv` does, case by case: each gets a database of its own; `run` tells what came of all. */
const e = async (f) => {
  try {
    return await f();
  } catch (x) {
    return `${x.name}: ${x.message}`;
  }
};
export const cases = {
  "get missing": (kv) => kv.get(["a"]),
  "set get": async (kv) => {
    await kv.set(["a", 1], { x: new Date(0), m: new Map([[1, 2]]) });
    return await kv.get(["a", 1]);
  },
  "empty key": (kv) => e(() => kv.get([])),
  "empty key set": (kv) => e(() => kv.set([], 1)),
  "key no list": (kv) => e(() => kv.get("a")),
  "key of object": (kv) => e(() => kv.get([{}])),
  "key of null": (kv) => e(() => kv.get([null])),
  "key of symbol": (kv) => e(() => kv.set([Symbol("x")], 1)),
  "undefined key": (kv) => e(() => kv.get()),
  "value function": (kv) => e(() => kv.set(["a"], () => 1)),
  "value symbol": (kv) => e(() => kv.set(["a"], Symbol("q"))),
  "undefined value": async (kv) => {
    await kv.set(["a"], undefined);
    return await kv.get(["a"]);
  },
  "null value": async (kv) => {
    await kv.set(["a"], null);
    const r = await kv.get(["a"]);
    return [r.value, r.versionstamp.length];
  },
  "bytes": async (kv) => {
    await kv.set(["a"], new Uint8Array([1, 2]));
    const { value } = await kv.get(["a"]);
    return [value.constructor.name, [...value]];
  },
  "buffer": async (kv) => {
    await kv.set(["a"], new Uint16Array([1, 2]));
    const { value } = await kv.get(["a"]);
    return [value.constructor.name, [...value]];
  },
  "error": async (kv) => {
    await kv.set(["a"], new RangeError("x"));
    const { value } = await kv.get(["a"]);
    return [value.constructor.name, value.message];
  },
  "u64": async (kv) => {
    await kv.set(["a"], new Deno.KvU64(5n));
    const { value } = await kv.get(["a"]);
    return [value.constructor.name, String(value), value.value === 5n, Object.isFrozen(value)];
  },
  "u64 wrong": async () => [
    await e(() => new Deno.KvU64(5)),
    await e(() => new Deno.KvU64(-1n)),
    await e(() => new Deno.KvU64(1n << 64n)),
  ],
  "kv constructed": () => e(() => new Deno.Kv()),
  "large value": (kv) => e(() => kv.set(["a"], "x".repeat(70000))),
  "large bytes": (kv) => e(() => kv.set(["a"], new Uint8Array(65537))),
  "largest bytes": async (kv) => {
    await kv.set(["a"], new Uint8Array(65536));
    return (await kv.get(["a"])).value.length;
  },
  "long key": (kv) => e(() => kv.set(["x".repeat(2100)], 1)),
  "long key get": (kv) => e(() => kv.get(["x".repeat(2100)])),
  "key 2046": async (
    kv,
  ) => [
    await e(async () => (await kv.set(["x".repeat(2046)], 1)).ok),
    await e(async () => (await kv.set(["x".repeat(2047)], 1)).ok),
  ],
  "key get 2048": async (
    kv,
  ) => [
    await e(async () => (await kv.get(["x".repeat(2046)])).value),
    await e(async () => (await kv.get(["x".repeat(2047)])).value),
    await e(async () => (await kv.get(["x".repeat(2048)])).value),
  ],
  "order": async (kv) => {
    const keys = [
      new Uint8Array([1]),
      new Uint8Array([0, 1]),
      new Uint8Array([]),
      "b",
      "a",
      "a\0",
      "a\0b",
      "",
      "ä",
      "😀",
      "\uffff",
      1,
      -1,
      0,
      1.5,
      -1.5,
      Infinity,
      -Infinity,
      NaN,
      5n,
      -5n,
      0n,
      300n,
      -300n,
      1n << 64n,
      -(1n << 64n),
      1n << 80n,
      true,
      false,
      -0,
    ];
    for (const k of keys) await kv.set(["o", k], 1);
    const out = [];
    for await (const { key } of kv.list({ prefix: ["o"] })) out.push(key[1]);
    const back = [];
    for await (const { key } of kv.list({ prefix: ["o"] }, { reverse: true, batchSize: 3 })) back.push(key[1]);
    return [out, back.length, back[0], back.at(-1)];
  },
  "nested order": async (kv) => {
    for (const k of [["a"], ["a", "b"], ["a", "b", "c"], ["ab"], ["a", 1], ["b"]]) await kv.set(k, 1);
    const out = [];
    for await (const { key } of kv.list({ prefix: ["a"] })) out.push(key);
    return out;
  },
  "list all": async (kv) => {
    for (const k of [["a"], [1], ["b", 2]]) await kv.set(k, 1);
    const out = [];
    for await (const { key } of kv.list({ prefix: [] })) out.push(key);
    return out;
  },
  "range": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", i], i);
    const out = [];
    for await (const { value } of kv.list({ start: ["n", 3], end: ["n", 7] })) out.push(value);
    return out;
  },
  "prefix start": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", i], i);
    const out = [];
    for await (const { value } of kv.list({ prefix: ["n"], start: ["n", 3] })) out.push(value);
    return out;
  },
  "prefix end": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", i], i);
    const out = [];
    for await (const { value } of kv.list({ prefix: ["n"], end: ["n", 3] })) out.push(value);
    return out;
  },
  "limit": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", i], i);
    const it = kv.list({ prefix: ["n"] }, { limit: 3 });
    const out = [];
    for await (const { value } of it) out.push(value);
    return [out, it.cursor];
  },
  "cursor": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", `k${i}`], i);
    let cursor;
    const out = [];
    for (let n = 0; n < 20; n++) {
      const it = kv.list({ prefix: ["n"] }, { limit: 3, cursor });
      let c = 0;
      for await (const { value } of it) {
        out.push(value);
        c++;
      }
      cursor = it.cursor;
      out.push(cursor);
      if (c < 3) break;
    }
    return out;
  },
  "cursor range reverse": async (kv) => {
    for (let i = 0; i < 10; i++) await kv.set(["n", `k${i}`], i);
    let cursor;
    const out = [];
    for (let n = 0; n < 20; n++) {
      const it = kv.list({ start: ["n", "k1"], end: ["n", "k8"] }, { limit: 3, cursor, reverse: true });
      let c = 0;
      for await (const { value } of it) {
        out.push(value);
        c++;
      }
      cursor = it.cursor;
      out.push(cursor);
      if (c < 3) break;
    }
    return out;
  },
  "cursor early": (kv) => e(() => kv.list({ prefix: ["n"] }).cursor),
  "cursor bad": async (
    kv,
  ) => [
    await e(() => kv.list({ prefix: ["n"] }, { cursor: "!!" }).next()),
    await e(() => kv.list({ prefix: ["n"] }, { cursor: "AAAA" }).next()),
    await e(() => kv.list({ start: ["a"], end: ["b"] }, { cursor: "_____w==" }).next()),
    await e(() => kv.list({ prefix: ["n"] }, { cursor: "" }).next()),
  ],
  "selector bad": async (kv) => [
    await e(() => kv.list({})),
    await e(() => kv.list({ start: ["a"] })),
    await e(() => kv.list({ end: ["a"] })),
    await e(() => kv.list({ prefix: ["a"], start: ["a", 1], end: ["a", 2] })),
    await e(() => kv.list({ start: ["b"], end: ["a"] }).next()),
    await e(() => kv.list({ prefix: ["a"], start: ["b"] }).next()),
    await e(() => kv.list({ prefix: ["a"], end: ["b"] }).next()),
    await e(() => kv.list({ prefix: ["a"], start: ["a"] }).next()),
    await e(() => kv.list()),
    await e(() => kv.list({ prefix: ["a"] }, { limit: 0 })),
    await e(() => kv.list({ prefix: ["a"] }, { limit: -1 })),
    await e(() => kv.list({ prefix: ["a"] }, { batchSize: 0 })),
    await e(() => kv.list({ prefix: ["a"] }, { batchSize: 1001 }).next()),
    await e(() => kv.list({ prefix: ["a"] }, { limit: 5000 }).next()),
    await e(() => kv.list({ prefix: ["a"] }, { consistency: "x" }).next()),
    await e(() => kv.list({ start: ["a"], end: ["a"] }).next()),
  ],
  "iterator": async (kv) => {
    const it = kv.list({ prefix: ["n"] });
    return [
      it.constructor.name,
      typeof it[Symbol.asyncIterator],
      it[Symbol.asyncIterator]() === it,
      await it.next(),
      await it.next(),
      it.cursor,
    ];
  },
  "many": async (kv) => {
    for (let i = 0; i < 250; i++) await kv.set(["n", i], i);
    let n = 0;
    for await (const _ of kv.list({ prefix: ["n"] })) n++;
    return n;
  },
  "getMany": async (kv) => {
    await kv.set(["a"], 1);
    return [(await kv.getMany([["a"], ["b"]])).map(({ key, value }) => [key, value]), await kv.getMany([])];
  },
  "getMany 11": (kv) => e(() => kv.getMany(Array.from({ length: 11 }, (_, i) => [i]))),
  "set result": async (kv) => {
    const r = await kv.set(["a"], 1);
    return [Object.keys(r), r.ok, r.versionstamp.length, r.versionstamp === (await kv.get(["a"])).versionstamp];
  },
  "delete": async (kv) => {
    await kv.set(["a"], 1);
    return [await kv.delete(["a"]), await kv.delete(["a"]), await kv.get(["a"])];
  },
  "versions grow": async (kv) => {
    const a = await kv.set(["a"], 1), b = await kv.set(["a"], 2);
    return a.versionstamp < b.versionstamp;
  },
  "atomic check": async (kv) => {
    const first = await kv.atomic().check({ key: ["a"], versionstamp: null }).set(["a"], 1).commit();
    const second = await kv.atomic().check({ key: ["a"], versionstamp: null }).set(["a"], 2).commit();
    const third = await kv.atomic().check({ key: ["a"], versionstamp: first.versionstamp }).set(["a"], 3).commit();
    return [first.ok, second, third.ok, Object.keys(third), (await kv.get(["a"])).value];
  },
  "atomic check bad": async (kv) =>
    [
      await e(() => kv.atomic().check({ key: ["a"], versionstamp: "zz" }).commit()),
      await e(() => kv.atomic().check({ key: ["a"], versionstamp: 5 }).commit()),
      await e(() => kv.atomic().check({ key: ["a"] }).commit().then((r) => r.ok)),
      await e(() => kv.atomic().check({ key: ["a"], versionstamp: "00" }).commit()),
      await e(() => kv.atomic().check()),
      await e(() => kv.atomic().check({ versionstamp: null }).commit()),
    ].map((x) => typeof x === "object" ? "object" : x),
  "atomic empty": async (kv) => {
    const r = await kv.atomic().commit();
    return [r.ok, typeof r.versionstamp];
  },
  "atomic twice": async (kv) => {
    const op = kv.atomic().set(["a"], 1);
    return [(await op.commit()).ok, (await op.commit()).ok];
  },
  "atomic awaited": (kv) => e(async () => await kv.atomic()),
  "one version": async (kv) => {
    const r = await kv.atomic().set(["a"], 1).set(["b"], 2).commit();
    return [
      (await kv.get(["a"])).versionstamp === r.versionstamp,
      (await kv.get(["b"])).versionstamp === r.versionstamp,
    ];
  },
  "sum": async (kv) => {
    await kv.atomic().sum(["s"], 5n).commit();
    await kv.atomic().sum(["s"], 7n).commit();
    await kv.atomic().sum(["s"], (1n << 64n) - 1n).commit();
    return String((await kv.get(["s"])).value);
  },
  "min max": async (kv) => {
    await kv.atomic().min(["s"], 5n).max(["t"], 5n).commit();
    await kv.atomic().min(["s"], 3n).max(["t"], 3n).commit();
    await kv.atomic().min(["s"], 9n).max(["t"], 9n).commit();
    return [String((await kv.get(["s"])).value), String((await kv.get(["t"])).value)];
  },
  "sum wrong": async (kv) => {
    await kv.set(["s"], 1);
    return [
      await e(() => kv.atomic().sum(["s"], 1n).commit()),
      await e(() => kv.atomic().min(["s"], 1n).commit()),
      await e(() => kv.atomic().max(["s"], 1n).commit()),
      await e(() => kv.atomic().sum(["q"], 1)),
      await e(() => kv.atomic().sum(["q"], -1n)),
      (await kv.get(["s"])).value,
    ];
  },
  "mutate": async (kv) => [
    (await kv.atomic().mutate({ type: "set", key: ["a"], value: 1 }, {
      type: "sum",
      key: ["s"],
      value: new Deno.KvU64(3n),
    }, { type: "delete", key: ["b"] }).commit()).ok,
    await e(() => kv.atomic().mutate({ type: "delete", key: ["a"], value: 1 })),
    await e(() => kv.atomic().mutate({ type: "set", key: ["a"] })),
    await e(() => kv.atomic().mutate({ type: "x", key: ["a"] })),
    await e(() => kv.atomic().mutate({ type: "min", key: ["s"], value: 3 }).commit()),
    await e(() => kv.atomic().mutate({ type: "max", key: ["s"], value: 3n }).commit()),
  ],
  "too many": async (kv) => {
    const many = (n, f) => {
      const op = kv.atomic();
      for (let i = 0; i < n; i++) f(op, i);
      return e(async () => (await op.commit()).ok);
    };
    return [
      await many(101, (op, i) => op.check({ key: [i], versionstamp: null })),
      await many(100, (op, i) => op.check({ key: [i], versionstamp: null })),
      await many(1001, (op, i) => op.set([i], 1)),
      await many(1000, (op, i) => op.set([i], 1)),
      await many(20, (op, i) => op.set([i], new Uint8Array(60000))),
      await many(60, (op, i) => op.set(["x".repeat(2000), i], 1)),
      await many(1001, (op, i) => op.enqueue(i)),
      await many(900, (op, i) => op.enqueue(i, { delay: 100000 })),
    ];
  },
  "expireIn": async (kv) => {
    await kv.set(["a"], 1, { expireIn: 3600_000 });
    return [
      (await kv.get(["a"])).value,
      await e(async () => (await kv.set(["a"], 1, { expireIn: -5 })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: 0 })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: "x" })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: null })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: 1.5 })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: NaN })).ok),
      await e(async () => (await kv.set(["a"], 1, { expireIn: Infinity })).ok),
    ];
  },
  "versionstamped key": async (kv) => {
    const r = await kv.set(["log", kv.commitVersionstamp()], 1);
    const out = [];
    for await (const { key } of kv.list({ prefix: ["log"] })) out.push(key[1] === r.versionstamp);
    return [
      out,
      typeof kv.commitVersionstamp(),
      await e(() => kv.get(["a", kv.commitVersionstamp()])),
      await e(() => kv.set([kv.commitVersionstamp(), "a"], 1)),
      await e(async () => (await kv.set([kv.commitVersionstamp()], 1)).ok),
      await e(async () => (await kv.atomic().set(["z", kv.commitVersionstamp()], 1).commit()).ok),
      await e(() => kv.delete(["a", kv.commitVersionstamp()])),
    ];
  },
  "enqueue bad": async (
    kv,
  ) => [
    await e(() => kv.enqueue(1, { delay: -1 })),
    await e(() => kv.enqueue(1, { delay: NaN })),
    await e(() => kv.enqueue(1, { delay: 31 * 86400000 })),
    await e(() => kv.enqueue(1, { backoffSchedule: [1, 2, 3, 4, 5, 6] })),
    await e(() => kv.enqueue(1, { backoffSchedule: [-1] })),
    await e(() => kv.enqueue("x".repeat(70000))),
    await e(() => kv.enqueue(() => 1)),
    await e(async () => (await kv.enqueue(1, { keysIfUndelivered: [["a"]], delay: 100000 })).ok),
    await e(() => kv.enqueue(1, { keysIfUndelivered: [[]] })),
    await e(() => kv.enqueue(1, { keysIfUndelivered: ["a"] })),
    await e(() => kv.atomic().enqueue(1, { delay: -1 })),
    await e(async () => (await kv.enqueue(undefined, { delay: 100000 })).ok),
    await e(() =>
      kv.enqueue(1, { keysIfUndelivered: Array.from({ length: 11 }, (_, i) => ["k", i]), delay: 1e6 }).then((r) => r.ok)
    ),
  ],
  "queue": async (kv) => {
    const got = [];
    const { promise, resolve } = Promise.withResolvers();
    kv.listenQueue((m) => {
      got.push(m);
      if (got.length === 3) resolve();
    });
    await kv.enqueue({ a: 1 });
    await kv.atomic().set(["q"], 1).enqueue("two").commit();
    await kv.enqueue(new Uint8Array([1]), { delay: 20 });
    await promise;
    // Neither keeps an order among them.
    return [got.map((m) => m?.constructor?.name).sort(), (await kv.get(["q"])).value];
  },
  "queue undelivered": async (kv) => {
    let n = 0;
    const { promise, resolve } = Promise.withResolvers();
    const watching = (async () => {
      for (;;) {
        const r = await kv.get(["dead"]);
        if (r.versionstamp !== null) return resolve(r.value);
        await new Promise((r) => setTimeout(r, 20));
      }
    })();
    kv.listenQueue(() => {
      n++;
      throw new Error("no");
    });
    await kv.enqueue("lost", { backoffSchedule: [10, 10], keysIfUndelivered: [["dead"]] });
    const value = await promise;
    await watching;
    return [value, n];
  },
  "listen async handler": async (kv) => {
    const { promise, resolve } = Promise.withResolvers();
    let n = 0;
    kv.listenQueue(async (m) => {
      await 0;
      if (++n === 1) throw new Error("once");
      resolve(m);
    });
    await kv.enqueue(7, { backoffSchedule: [10] });
    return [await promise, n];
  },
  "watch": async (kv) => {
    await kv.set(["a"], 1);
    const out = [];
    let n = 0;
    const stream = kv.watch([["a"], ["b"]]);
    for await (const entries of stream) {
      out.push(entries.map(({ value, versionstamp }) => [value, versionstamp === null]));
      if (++n === 1) await kv.set(["b"], 2);
      else break;
    }
    return [out, stream.constructor.name];
  },
  "watch bad": async (
    kv,
  ) => [
    await e(() => kv.watch(Array.from({ length: 11 }, (_, i) => [i])).getReader().read()),
    await e(() => kv.watch([]).getReader().read().then(() => "read")),
    await e(() => kv.watch("a").getReader().read()),
    await e(() => kv.watch([[]]).getReader().read()),
  ],
  "members": (
    kv,
  ) => [
    Object.getOwnPropertyNames(Object.getPrototypeOf(kv)).sort(),
    Object.getOwnPropertyNames(Object.getPrototypeOf(kv.atomic())).sort(),
    kv.constructor.name,
    kv.atomic().constructor.name,
    typeof Deno.Kv,
    typeof Deno.AtomicOperation,
    typeof Deno.KvListIterator,
    typeof kv[Symbol.dispose],
  ],
  "closed": async (kv) => {
    kv.close();
    return [
      await e(() => kv.get(["a"])),
      await e(() => kv.set(["a"], 1)),
      await e(() => kv.close()),
      await e(() => kv.listenQueue(() => {})),
      await e(() => kv.list({ prefix: [] }).next()),
      await e(() => kv.atomic().set(["a"], 1).commit()),
      await e(() => kv[Symbol.dispose]()),
      await e(() => kv.enqueue(1)),
      await e(() => kv.watch([["a"]]).getReader().read()),
    ];
  },
  "read own writes in parallel": async (kv) => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => kv.atomic().sum(["c"], 1n).set(["p", i], i).commit()));
    let n = 0;
    for await (const _ of kv.list({ prefix: ["p"] })) n++;
    return [n, String((await kv.get(["c"])).value)];
  },
  "race": async (kv) => {
    await kv.set(["c"], 0);
    const add = async () => {
      for (;;) {
        const r = await kv.get(["c"]);
        const d = await kv.atomic().check(r).set(["c"], r.value + 1).commit();
        if (d.ok) return;
      }
    };
    await Promise.all(Array.from({ length: 10 }, add));
    return (await kv.get(["c"])).value;
  },
  "entry shape": async (kv) => {
    await kv.set(["a", 1, 2n, true, new Uint8Array([9])], "v");
    const r = await kv.get(["a", 1, 2n, true, new Uint8Array([9])]);
    const l = await kv.list({ prefix: ["a"] }).next();
    return [Object.keys(r), Object.keys(l.value), r.key.map((k) => typeof k), l.value.key.map((k) => typeof k), l.done];
  },
  "key identity": async (kv) => {
    const key = ["a"];
    await kv.set(key, 1);
    const r = await kv.get(key);
    return [r.key === key, (await kv.get(["b"])).key];
  },
  "lone surrogate": async (kv) => {
    const r = await e(async () => (await kv.set(["\ud800"], 1)).ok);
    const l = await e(async () => (await kv.list({ prefix: [] }).next()).value?.key?.[0]?.charCodeAt(0));
    return [r, l];
  },
};
function shown(v) {
  return JSON.stringify(
    v,
    (_, x) =>
      x === undefined
        ? "<undefined>"
        : Object.is(x, -0)
        ? "<-0>"
        : typeof x === "bigint"
        ? `${x}n`
        : typeof x === "number" && !Number.isFinite(x)
        ? `<${x}>`
        : typeof x === "symbol"
        ? String(x)
        : x instanceof Map
        ? [...x]
        : x instanceof Uint8Array
        ? `<bytes ${[...x.slice(0, 20)]}>`
        : x,
  );
}
export async function run(open) {
  const out = {};
  for (const [name, one] of Object.entries(cases)) {
    const kv = await open();
    const late = new Promise((r) => setTimeout(r, 60_000, "<late>"));
    out[name] = shown(await Promise.race([e(() => one(kv)), late])).replaceAll(/"[0-9a-f]{20}"/g, '"<stamp>"');
    try {
      kv.close();
    } catch { /* closed */ }
  }
  return out;
}
