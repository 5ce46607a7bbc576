/** Asked of Workers and of NANO: readers, writers and transforms. */
// deno-lint-ignore-file -- as people write them, mistakes included
const enc = new TextEncoder(), dec = new TextDecoder();
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const bytes = () =>
  new ReadableStream({
    type: "bytes",
    start(c) {
      c.enqueue(enc.encode("hello"));
      c.close();
    },
  });
const text = (s) => new Response(s).text();
export default {
  "byob of a byte stream": async () => {
    const r = bytes().getReader({ mode: "byob" });
    const a = await r.read(new Uint8Array(3));
    const b = await r.read(new Uint8Array(8));
    const c = await r.read(new Uint8Array(8));
    return [a, b, c];
  },
  "byob of a local body": async () => {
    const r = new Response("hello").body.getReader({ mode: "byob" });
    const a = await r.read(new Uint8Array(3));
    const b = await r.read(new Uint8Array(8));
    const c = await r.read(new Uint8Array(8));
    return [a, b, c.done, c.value];
  },
  "byob of a request body": async () => {
    const r = new Request("http://x/", { method: "POST", body: "hello" }).body.getReader({ mode: "byob" });
    return (await r.read(new Uint8Array(8))).value;
  },
  "byob of a blob": async () =>
    (await new Blob(["hello"]).stream().getReader({ mode: "byob" }).read(new Uint8Array(8))).value,
  "byob of fetched": async (_r, env) => {
    const r = (await fetch(env.UPSTREAM + "/plain")).body.getReader({ mode: "byob" });
    return (await r.read(new Uint8Array(3))).value;
  },
  "byob of a default stream": () => new ReadableStream().getReader({ mode: "byob" }),
  "byob of identity": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    w.write(enc.encode("abcdef"));
    const r = readable.getReader({ mode: "byob" });
    return (await r.read(new Uint8Array(4))).value;
  },
  "byob readAtLeast": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    (async () => {
      await w.write(enc.encode("ab"));
      await w.write(enc.encode("cd"));
      await w.write(enc.encode("ef"));
      await w.close();
    })();
    const r = readable.getReader({ mode: "byob" });
    const a = await r.readAtLeast(4, new Uint8Array(8));
    return [a.value.byteLength >= 4, a.done];
  },
  "byob readAtLeast of a body": async () => {
    const r = new Response("hello").body.getReader({ mode: "byob" });
    return (await r.readAtLeast(5, new Uint8Array(16))).value;
  },
  "byob min": async () => {
    const r = bytes().getReader({ mode: "byob" });
    return (await r.read(new Uint8Array(8), { min: 5 })).value;
  },
  "byob constructor": async () => (await new ReadableStreamBYOBReader(bytes()).read(new Uint8Array(2))).value,
  "byob empty view": async () => await bytes().getReader({ mode: "byob" }).read(new Uint8Array(0)),
  "byob of tee": async () => {
    const [a] = bytes().tee();
    return (await a.getReader({ mode: "byob" }).read(new Uint8Array(9))).value;
  },
  "tee": async () => {
    const [a, b] = new Response("hello").body.tee();
    return [await text(a), await text(b)];
  },
  "tee of locked": () => {
    const s = new Response("x").body;
    s.getReader();
    return s.tee();
  },
  "tee clone fetched": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain");
    const c = r.clone();
    return [await r.text(), await c.text()];
  },
  "reader read chunk type": async () => {
    const { value, done } = await new Response("hi").body.getReader().read();
    return [value instanceof Uint8Array, dec.decode(value), done];
  },
  "reader closed": async () => {
    const r = new ReadableStream({ start: (c) => c.close() }).getReader();
    return [await r.closed ?? null, await r.read()];
  },
  "reader cancel": async () => {
    let why;
    const s = new ReadableStream({
      cancel(x) {
        why = x;
      },
    });
    await s.cancel("done");
    return why;
  },
  "reader releaseLock": async () => {
    const s = new Response("hi").body;
    const r = s.getReader();
    r.releaseLock();
    return [s.locked, await text(s)];
  },
  "reader releaseLock pending": async () => {
    const s = new ReadableStream();
    const r = s.getReader();
    const p = r.read();
    r.releaseLock();
    return await p.catch((e) => e.name);
  },
  "async iterate": async () => {
    const got = [];
    for await (
      const c of new ReadableStream({
        start(c) {
          c.enqueue(1);
          c.enqueue(2);
          c.close();
        },
      })
    ) got.push(c);
    return got;
  },
  "values preventCancel": async () => {
    const s = new ReadableStream({
      start(c) {
        c.enqueue(1);
        c.enqueue(2);
        c.close();
      },
    });
    for await (const _ of s.values({ preventCancel: true })) break;
    return (await s.getReader().read()).value;
  },
  "ReadableStream.from": async () => {
    const got = [];
    for await (const c of ReadableStream.from([1, 2])) got.push(c);
    return got;
  },
  "ReadableStream.from async": async () => {
    async function* g() {
      yield "a";
      yield "b";
    }
    const got = [];
    for await (const c of ReadableStream.from(g())) got.push(c);
    return got;
  },
  "pull and size": async () => {
    let n = 0;
    const s = new ReadableStream({
      pull(c) {
        c.enqueue(++n);
        if (n === 3) c.close();
      },
    }, { highWaterMark: 0 });
    const got = [];
    for await (const c of s) got.push(c);
    return got;
  },
  "desiredSize": () => {
    let d;
    new ReadableStream({
      start(c) {
        d = [c.desiredSize];
        c.enqueue("a");
        d.push(c.desiredSize);
      },
    }, new CountQueuingStrategy({ highWaterMark: 3 }));
    return d;
  },
  "controller error": async () => {
    const s = new ReadableStream({
      start(c) {
        c.error(new RangeError("r"));
      },
    });
    return await s.getReader().read().catch((e) => [e.name, e.message]);
  },
  "text chunks as a body": async () =>
    await attempt(() =>
      text(
        new ReadableStream({
          start(c) {
            c.enqueue("text");
            c.close();
          },
        }),
      )
    ),
  "writable": async () => {
    const got = [];
    const w = new WritableStream({
      write(c) {
        got.push(c);
      },
      close() {
        got.push("closed");
      },
    }).getWriter();
    await w.write(1);
    await w.close();
    return got;
  },
  "writable abort": async () => {
    let why;
    const w = new WritableStream({
      abort(r) {
        why = r;
      },
    });
    await w.abort("x");
    return why;
  },
  "writable write after close": async () => {
    const w = new WritableStream().getWriter();
    await w.close();
    return await w.write(1).catch((e) => e.name);
  },
  "writable ready": async () => {
    const w = new WritableStream().getWriter();
    return [await w.ready ?? null, w.desiredSize];
  },
  "transform": async () => {
    const t = new TransformStream({
      transform(c, k) {
        k.enqueue(String(c).toUpperCase());
      },
      flush(k) {
        k.enqueue("!");
      },
    });
    const w = t.writable.getWriter();
    w.write("a");
    w.close();
    const got = [];
    for await (const c of t.readable) got.push(c);
    return got;
  },
  "transform default is identity": async () => {
    const { readable, writable } = new TransformStream();
    const w = writable.getWriter();
    w.write("a");
    w.close();
    return (await readable.getReader().read()).value;
  },
  "transform terminate": async () => {
    const t = new TransformStream({
      start(c) {
        c.terminate();
      },
    });
    return await t.readable.getReader().read();
  },
  "transform cancel": async () => {
    let got;
    const t = new TransformStream({
      cancel(r) {
        got = r;
      },
    });
    await t.readable.cancel("c");
    return got ?? null;
  },
  "pipeThrough": async () =>
    await text(
      new Response("abc").body.pipeThrough(new TextDecoderStream()).pipeThrough(
        new TransformStream({
          transform(c, k) {
            k.enqueue(c.toUpperCase());
          },
        }),
      ).pipeThrough(new TextEncoderStream()),
    ),
  "pipeTo": async () => {
    const got = [];
    await new ReadableStream({
      start(c) {
        c.enqueue(1);
        c.close();
      },
    }).pipeTo(
      new WritableStream({
        write(c) {
          got.push(c);
        },
      }),
    );
    return got;
  },
  "pipeTo preventClose": async () => {
    const { readable, writable } = new IdentityTransformStream();
    (async () => {
      await new Response("a").body.pipeTo(writable, { preventClose: true });
      const w = writable.getWriter();
      await w.write(enc.encode("b"));
      await w.close();
    })();
    return await text(readable);
  },
};
