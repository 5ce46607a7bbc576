/** An app that calls an upstream in every way an app can, and the upstream that tells which trace it was called with. */

/** A server on loopback that remembers the trace context of every request, by path. */
export interface TraceUpstream extends AsyncDisposable {
  readonly url: string;
  /** `traceparent` and `tracestate` by path without its slash. */
  readonly seen: ReadonlyMap<string, readonly [string | null, string | null]>;
}

/** Starts it. */
export function startTraceUpstream(): TraceUpstream {
  const seen = new Map<string, readonly [string | null, string | null]>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const trace = [request.headers.get("traceparent"), request.headers.get("tracestate")] as const;
    seen.set(pathname.slice(1), trace);
    if (request.headers.get("upgrade") === "websocket") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.close(1000);
      return response;
    }
    if (request.headers.get("accept") === "text/event-stream") {
      return new Response("data: x\n\n", { headers: { "content-type": "text/event-stream" } });
    }
    if (pathname === "/status-503") return new Response(null, { status: 503 });
    return Response.json(trace);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Answers `/<way>/<id>` once it has fetched `<upstream>/<id>` in that way; `own` is what the app itself was given. */
export const TRACE_APP = `
import { AsyncLocalStorage } from "node:async_hooks";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const shared = Promise.resolve();
export default {
  async fetch(request, env, ctx) {
    const [, way, id] = new URL(request.url).pathname.split("/");
    const url = env.UPSTREAM + "/" + id;
    const call = (init) => fetch(url, init).then((response) => response.text());
    const own = [request.headers.get("traceparent"), request.headers.get("tracestate")];
    switch (way) {
      case "plain": await call(); break;
      case "await": await shared; await sleep(3); await null; await call(); break;
      case "timer": await new Promise((resolve, reject) => setTimeout(() => call().then(resolve, reject), 2)); break;
      case "microtask": await new Promise((resolve, reject) => queueMicrotask(() => call().then(resolve, reject))); break;
      case "second": await call(); await fetch(url + "-2").then((response) => response.text()); break;
      case "body": await request.text(); await call({ method: "POST", body: "b" }); break;
      case "wait": ctx.waitUntil(sleep(5).then(() => call())); break;
      case "stream": return new Response(new ReadableStream({
        async pull(controller) {
          controller.enqueue(new TextEncoder().encode(await call()));
          controller.close();
        },
      }, { highWaterMark: 0 }));
      case "mine": await call({ headers: { traceparent: "00-11111111111111111111111111111111-2222222222222222-00" } }); break;
      case "socket": await new Promise((resolve) => { new WebSocket(url).onclose = resolve; }); break;
      case "events": await new Promise((resolve) => {
        const source = new EventSource(url);
        source.onmessage = () => { source.close(); resolve(); };
      }); break;
      case "patched":
        AsyncLocalStorage.prototype.getStore = () => "traceparent\\nforged\\n";
        AsyncLocalStorage.prototype.run = () => { throw new Error("patched"); };
        await call();
        break;
      case "refused": await fetch("http://127.0.0.1:1/nothing").catch(() => {}); break;
      case "doors": return Response.json(Object.getOwnPropertySymbols(globalThis).map(Symbol.keyFor).filter(Boolean));
      case "throws": throw new Error("on purpose");
    }
    return Response.json(own);
  },
};
`;

/** Answers `/tcp` and `/kv` once it has opened connections, or called its binding. */
export const CALLS_APP = `
const ways = {
  async tcp(env) {
    for (const port of [Number(new URL(env.UPSTREAM).port), 1]) {
      await Deno.connect({ hostname: "127.0.0.1", port }).then((one) => one.close(), () => {});
    }
  },
  async kv(env) {
    await env.CACHE.put("a", "1");
    await new Promise((resolve) => setTimeout(resolve, 2));
    await env.CACHE.get("a");
    await env.CACHE.put("a", "1", { expirationTtl: 1 }).catch(() => {});
  },
};
export default {
  async fetch(request, env) {
    await ways[new URL(request.url).pathname.slice(1)](env);
    return new Response("done");
  },
};
`;
