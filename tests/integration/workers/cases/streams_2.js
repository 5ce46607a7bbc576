/** Asked of Workers and of NANO: byte streams of Workers. */
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
const gz = async (s) =>
  new Uint8Array(await new Response(new Blob([s]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
export default {
  "pipeTo signal": async () => {
    const c = new AbortController();
    const p = new ReadableStream().pipeTo(new WritableStream(), { signal: c.signal });
    c.abort();
    return await p.catch((e) => e.name);
  },
  "pipeTo errors": async () =>
    await new ReadableStream({
      start(c) {
        c.error(new RangeError("x"));
      },
    }).pipeTo(new WritableStream()).catch((e) => e.name),
  "identity": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    w.write(enc.encode("ab"));
    w.close();
    return await text(readable);
  },
  "identity text refused": async () => {
    const { writable, readable } = new IdentityTransformStream();
    const w = writable.getWriter();
    readable.getReader().read().catch(() => {});
    return await w.write("text").catch((e) => e.name);
  },
  "identity buffer": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    w.write(enc.encode("ab").buffer);
    w.close();
    return await text(readable);
  },
  "identity hwm": () => new IdentityTransformStream({ highWaterMark: 10 }).writable.getWriter().desiredSize,
  "identity default hwm": () => new IdentityTransformStream().writable.getWriter().desiredSize,
  "identity write waits": async () => {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    let done = false;
    w.write(enc.encode("a")).then(() => {
      done = true;
    });
    await scheduler.wait(5);
    const before = done;
    await readable.getReader().read();
    await scheduler.wait(5);
    return [before, done];
  },
  "identity is a transform": () => [
    new IdentityTransformStream() instanceof TransformStream,
    new FixedLengthStream(1) instanceof IdentityTransformStream,
    IdentityTransformStream.name,
  ],
  "fixed": async () => {
    const { readable, writable } = new FixedLengthStream(2);
    const w = writable.getWriter();
    w.write(enc.encode("ab"));
    w.close();
    return await text(readable);
  },
  "fixed too much": async () => {
    const { readable, writable } = new FixedLengthStream(1);
    const w = writable.getWriter();
    const p = w.write(enc.encode("ab")).catch((e) => e.name);
    readable.getReader().read().catch(() => {});
    return await p;
  },
  "fixed too little": async () => {
    const { readable, writable } = new FixedLengthStream(5);
    const w = writable.getWriter();
    readable.getReader().read().catch(() => {});
    await w.write(enc.encode("a"));
    return await w.close().catch((e) => e.name);
  },
  "fixed bigint": () => typeof new FixedLengthStream(5n),
  "fixed bad": () => new FixedLengthStream(-1),
  "fixed response": () => {
    const { readable, writable } = new FixedLengthStream(5);
    const w = writable.getWriter();
    w.write(enc.encode("hello"));
    w.close();
    return new Response(readable);
  },
  "stream response": () => {
    const { readable, writable } = new TransformStream();
    const w = writable.getWriter();
    w.write(enc.encode("hello"));
    w.close();
    return new Response(readable);
  },
  "compression gzip": async () => {
    const z = await gz("hello ".repeat(50));
    return [
      z.length < 100,
      z[0],
      z[1],
      await text(new Blob([z]).stream().pipeThrough(new DecompressionStream("gzip"))).then((t) => t.length),
    ];
  },
  "compression formats": async () => {
    const out = [];
    for (const f of ["gzip", "deflate", "deflate-raw", "brotli", "zstd"]) {
      out.push([
        f,
        await attempt(() =>
          text(new Response("hi").body.pipeThrough(new CompressionStream(f)).pipeThrough(new DecompressionStream(f)))
        ),
      ]);
    }
    return out;
  },
  "decompression bad": async () =>
    await attempt(() => text(new Response("nope").body.pipeThrough(new DecompressionStream("gzip")))),
  "decompression trailing": async () => {
    const z = await gz("hi");
    return await attempt(() => text(new Blob([z, "x"]).stream().pipeThrough(new DecompressionStream("gzip"))));
  },
  "decompression truncated": async () => {
    const z = await gz("hi there");
    return await attempt(() => text(new Blob([z.slice(0, 12)]).stream().pipeThrough(new DecompressionStream("gzip"))));
  },
  "textencoderstream": async () => {
    const t = new TextEncoderStream();
    const w = t.writable.getWriter();
    w.write("é");
    w.close();
    return [(await t.readable.getReader().read()).value, t.encoding];
  },
  "textdecoderstream": async () => {
    const t = new TextDecoderStream("utf-8", { fatal: true });
    const w = t.writable.getWriter();
    w.write(new Uint8Array([0xc3])).catch(() => {});
    w.write(new Uint8Array([0xa9])).catch(() => {});
    w.close().catch(() => {});
    let s = "";
    for await (const c of t.readable) s += c;
    return [s, t.encoding, t.fatal, t.ignoreBOM];
  },
  "body locked": async () => {
    const r = new Response("x");
    r.body.getReader();
    return [r.bodyUsed, await r.text().catch((e) => e.name)];
  },
  "body used by read": async () => {
    const r = new Response("x");
    await r.body.getReader().read();
    return r.bodyUsed;
  },
  "response of used stream": async () => {
    const s = new Response("x").body;
    s.getReader();
    return new Response(s);
  },
  "byte controller byobRequest": async () => {
    const s = new ReadableStream({
      type: "bytes",
      pull(c) {
        const v = c.byobRequest?.view;
        if (v) {
          v[0] = 7;
          c.byobRequest.respond(1);
        } else c.enqueue(new Uint8Array([9]));
      },
    });
    return (await s.getReader({ mode: "byob" }).read(new Uint8Array(2))).value;
  },
  "autoAllocateChunkSize": async () => {
    const s = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 4,
      pull(c) {
        c.byobRequest.view[0] = 5;
        c.byobRequest.respond(1);
      },
    });
    return (await s.getReader().read()).value;
  },
  "expectedLength": async () => {
    const s = new ReadableStream({
      type: "bytes",
      expectedLength: 5,
      start(c) {
        c.enqueue(enc.encode("hello"));
        c.close();
      },
    });
    return new Response(s);
  },
  "instanceof": () => [
    new Response("x").body instanceof ReadableStream,
    new CompressionStream("gzip").readable instanceof ReadableStream,
    new TransformStream().writable instanceof WritableStream,
  ],
  "writer closed": async () => {
    const w = new WritableStream().getWriter();
    w.close();
    return await w.closed ?? null;
  },
  "sse response": () => {
    const t = new TransformStream();
    const w = t.writable.getWriter();
    w.write(enc.encode("data: 1\n\n"));
    w.close();
    return new Response(t.readable, { headers: { "content-type": "text/event-stream" } });
  },
  "byob view after transfer": async () => {
    const view = new Uint8Array(8);
    await bytes().getReader({ mode: "byob" }).read(view);
    return view.byteLength;
  },
  "stream over a large body": async () => {
    const big = "x".repeat(300000);
    let n = 0, most = 0;
    for await (const c of new Response(big).body) {
      n += c.length;
      most = Math.max(most, c.length);
    }
    return n;
  },
  "teed large": async () => {
    const [a, b] = new Response("x".repeat(200000)).body.tee();
    return [(await text(a)).length, (await text(b)).length];
  },
};
