/** Asked of Workers and of NANO: WebSockets. */
// deno-lint-ignore-file -- as people write them, mistakes included
const attempt = (f) => {
  try {
    return f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const pair = () => {
  const p = new WebSocketPair();
  return [p[0], p[1]];
};
const until = (target, type) => new Promise((r) => target.addEventListener(type, r));
export default {
  "states": () => [
    WebSocket.CONNECTING,
    WebSocket.OPEN,
    WebSocket.CLOSING,
    WebSocket.CLOSED,
    WebSocket.READY_STATE_CONNECTING,
    WebSocket.READY_STATE_OPEN,
    WebSocket.READY_STATE_CLOSING,
    WebSocket.READY_STATE_CLOSED,
  ],
  "states of the prototype": () => [WebSocket.prototype.OPEN ?? null, WebSocket.prototype.READY_STATE_OPEN ?? null],
  "states of an instance": () => {
    const [a] = pair();
    return [a.OPEN ?? null, a.READY_STATE_OPEN ?? null];
  },
  "pair destructured": () => {
    const [a, b] = new WebSocketPair();
    return [a instanceof WebSocket, b instanceof WebSocket];
  },
  "pair values": () => Object.values(new WebSocketPair()).map((one) => one instanceof WebSocket),
  "pair spread": () => [...new WebSocketPair()].length,
  "pair object": () => {
    const { 0: a, 1: b } = new WebSocketPair();
    return [a !== b, Object.keys(new WebSocketPair())];
  },
  "pair array from": () => attempt(() => Array.from(new WebSocketPair()).length),
  "pair call": () => attempt(() => typeof WebSocketPair()),
  "pair name": () => [WebSocketPair.name, Object.prototype.toString.call(new WebSocketPair())],
  "pair ready before accept": () => {
    const [a, b] = pair();
    return [a.readyState, b.readyState, a.url, a.protocol, a.extensions];
  },
  "pair messages": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "message");
    a.send("hi");
    return [(await got).data, a.readyState, b.readyState];
  },
  "pair bytes": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "message");
    a.send(new Uint8Array([1, 2]));
    const { data } = await got;
    return [data instanceof ArrayBuffer, data, b.binaryType ?? null];
  },
  "pair binaryType": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    b.binaryType = "blob";
    const got = until(b, "message");
    a.send(new Uint8Array([1, 2]));
    const { data } = await got;
    return [data instanceof Blob];
  },
  "pair onmessage": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = new Promise((r) => {
      b.onmessage = r;
    });
    a.send("hi");
    return (await got).data;
  },
  "pair send before accept": () => {
    const [a] = pair();
    return attempt(() => a.send("x"));
  },
  "pair message waits for accept": async () => {
    const [a, b] = pair();
    a.accept();
    a.send("early");
    const got = until(b, "message");
    b.accept();
    return (await got).data;
  },
  "accept twice": () => {
    const [a] = pair();
    a.accept();
    return attempt(() => a.accept() ?? "fine");
  },
  "accept options": () => {
    const [a] = pair();
    return attempt(() => a.accept({ allowHalfOpen: true }) ?? "fine");
  },
  "close": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "close");
    a.close(1000, "bye");
    const e = await got;
    return [e.code, e.reason, e.wasClean, a.readyState, b.readyState];
  },
  "close without code": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "close");
    a.close();
    const e = await got;
    return [e.code, e.reason, e.wasClean];
  },
  "close answered": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(a, "close");
    b.addEventListener("close", (e) => b.close(e.code, "back"));
    a.close(3000, "bye");
    const e = await got;
    return [e.code, e.reason, e.wasClean, a.readyState, b.readyState];
  },
  "close codes": () =>
    [
      999,
      1000,
      1001,
      1002,
      1003,
      1004,
      1005,
      1006,
      1007,
      1008,
      1009,
      1010,
      1011,
      1012,
      1013,
      1014,
      1015,
      1016,
      1100,
      2999,
      3000,
      4999,
      5000,
    ].map((code) => {
      const [a] = pair();
      a.accept();
      return attempt(() => a.close(code) ?? "fine");
    }),
  "close reason too long": () => {
    const [a] = pair();
    a.accept();
    return attempt(() => a.close(1000, "x".repeat(124)) ?? "fine");
  },
  "close reason without code": () => {
    const [a] = pair();
    a.accept();
    return attempt(() => a.close(undefined, "why") ?? "fine");
  },
  "close twice": () => {
    const [a] = pair();
    a.accept();
    a.close();
    return attempt(() => a.close() ?? "fine");
  },
  "close before accept": () => {
    const [a] = pair();
    return attempt(() => a.close() ?? "fine");
  },
  "send after close": () => {
    const [a] = pair();
    a.accept();
    a.close();
    return attempt(() => a.send("x") ?? "fine");
  },
  "send number": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "message");
    return attempt(() => a.send(5)) ?? (await got).data;
  },
  "send blob": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const got = until(b, "message");
    const r = attempt(() => a.send(new Blob(["x"])));
    return r ?? typeof (await got).data;
  },
  "send nothing": () => {
    const [a] = pair();
    a.accept();
    return attempt(() => a.send() ?? "fine");
  },
  "serializeAttachment": () => {
    const [a] = pair();
    a.serializeAttachment({ a: new Date(0) });
    return a.deserializeAttachment();
  },
  "deserializeAttachment none": () => pair()[0].deserializeAttachment(),
  "serializeAttachment function": () => attempt(() => pair()[0].serializeAttachment(() => {})),
  "serializeAttachment large": () => attempt(() => pair()[0].serializeAttachment("x".repeat(20000)) ?? "fine"),
  "serializeAttachment copies": () => {
    const [a] = pair();
    const v = { n: 1 };
    a.serializeAttachment(v);
    v.n = 2;
    return a.deserializeAttachment();
  },
  "members": () =>
    [
      "accept",
      "send",
      "close",
      "serializeAttachment",
      "deserializeAttachment",
      "readyState",
      "url",
      "protocol",
      "extensions",
      "binaryType",
      "bufferedAmount",
      "onopen",
      "onmessage",
      "onclose",
      "onerror",
    ].filter((n) => !(n in WebSocket.prototype)),
  "response 101": () => {
    const [a, b] = pair();
    b.accept();
    const r = new Response(null, { status: 101, webSocket: a });
    return [r.status, r.webSocket === a, r.statusText];
  },
  "response 101 without": () => attempt(() => new Response(null, { status: 101 }).status),
  "response 200 with": () => {
    const [a] = pair();
    return attempt(() => new Response(null, { webSocket: a }).status);
  },
  "bad url": () => attempt(() => new WebSocket("nope")),
  "bad scheme": () => attempt(() => new WebSocket("ftp://x/")),
  "http scheme": () => attempt(() => new WebSocket("http://127.0.0.1:1/").url),
  "bad protocols": () => attempt(() => new WebSocket("ws://127.0.0.1:1/", ["a", "a"])),
  "refused": async () => {
    const w = new WebSocket("ws://127.0.0.1:1/");
    const seen = [];
    await new Promise((r) => {
      w.addEventListener("error", (e) => seen.push(e.type));
      w.addEventListener("close", (e) => {
        seen.push([e.type, e.code, e.wasClean]);
        r();
      });
      setTimeout(r, 500);
    });
    return [seen, w.readyState];
  },
  "connect": async (_r, env) => {
    const w = new WebSocket(env.UPSTREAM.replace("http", "ws") + "/ws");
    await until(w, "open");
    const got = until(w, "message");
    w.send("hi");
    const { data } = await got;
    w.close(1000, "done");
    const e = await until(w, "close");
    return [data, e.code, e.wasClean, w.readyState];
  },
  "connect with a protocol": async (_r, env) => {
    const w = new WebSocket(env.UPSTREAM.replace("http", "ws") + "/ws", "chat");
    await until(w, "open");
    const { protocol } = w;
    w.close();
    return protocol;
  },
  "connect by fetch": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/ws", { headers: { upgrade: "websocket" } });
    const w = r.webSocket;
    w.accept();
    const got = until(w, "message");
    w.send("hi");
    const { data } = await got;
    w.close(1000, "done");
    return [r.status, w instanceof WebSocket, data];
  },
  "connect by fetch not accepted": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain", { headers: { upgrade: "websocket" } });
    return [r.status, r.webSocket];
  },
  "upstream closes": async (_r, env) => {
    const w = new WebSocket(env.UPSTREAM.replace("http", "ws") + "/ws");
    await until(w, "open");
    const got = until(w, "close");
    w.send("close me");
    const e = await got;
    return [e.code, e.reason, e.wasClean];
  },
  "binary from upstream": async (_r, env) => {
    const w = new WebSocket(env.UPSTREAM.replace("http", "ws") + "/ws");
    await until(w, "open");
    const got = until(w, "message");
    w.send(new Uint8Array([1]));
    const { data } = await got;
    w.close();
    return [data instanceof ArrayBuffer, data instanceof Blob, w.binaryType];
  },
  "WebSocketRequestResponsePair": () => {
    const p = new WebSocketRequestResponsePair("ping", "pong");
    return [p.request, p.response];
  },
  "event target": () => {
    const [a] = pair();
    a.accept();
    return [a instanceof EventTarget, typeof a.addEventListener, Object.prototype.toString.call(a)];
  },
};
