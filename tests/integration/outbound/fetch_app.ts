/** An app that fetches what its query says, for these tests. */

/** Source of the app; its variable UPSTREAM says where to. */
export const FETCH_APP = String.raw`
const describe = async (run) => {
  try {
    return await run();
  } catch (error) {
    return { error: error.name, message: error.message, isTypeError: error instanceof TypeError };
  }
};
const told = [];

const runs = {
  async methods({ up }) {
    const all = [];
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const response = await fetch(up + "/echo", { method, ...(method === "GET" ? {} : { body: "b" }) });
      const { method: seen, body } = await response.json();
      all.push([seen, body]);
    }
    const head = await fetch(up + "/echo", { method: "HEAD" });
    all.push([head.status, head.body === null || (await head.text()) === ""]);
    return all;
  },
  async headers({ up }) {
    const request = new Request(up + "/echo", { headers: { "x-a": "1", "user-agent": "own/1", host: "other" } });
    request.headers.append("x-a", "2");
    const { headers } = await (await fetch(request)).json();
    const plain = await (await fetch(up + "/echo")).json();
    return [headers["x-a"], headers["user-agent"], headers.host, plain.headers["user-agent"]];
  },
  async bodies({ up }) {
    const send = async (body, type) => {
      const answer = await (await fetch(up + "/echo", { method: "POST", body })).json();
      return [answer.body, (answer.headers["content-type"] ?? "none").split(";")[0]];
    };
    const form = new FormData();
    form.append("field", "wert ü");
    form.append("file", new File(["inhalt"], "a.txt", { type: "text/plain" }));
    const [multipart, type] = await send(form);
    return [
      await send("text ü"),
      await send(new URLSearchParams({ a: "1 2" })),
      await send(new Blob(["blob"], { type: "x/y" })),
      await send(new TextEncoder().encode("bytes")),
      await send(new TextEncoder().encode("buffer").buffer),
      [multipart.includes("wert ü") && multipart.includes('filename="a.txt"') && multipart.includes("inhalt"), type],
      await send(new ReadableStream({
        start(controller) {
          for (const part of ["st", "rea", "m"]) controller.enqueue(new TextEncoder().encode(part));
          controller.close();
        },
      })),
    ];
  },
  async lengths({ up }) {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(3_000_000)], "a.bin"));
    const bodies = [
      "text ü", new URLSearchParams({ a: "1" }), new Uint8Array(5), new Blob(["blob"]), new Blob([new Uint8Array(2_000_000)]),
      form, new ReadableStream({ start(to) { to.enqueue(new Uint8Array(1)); to.close(); } }), new Blob(["xy"]).stream(),
    ];
    const all = [];
    for (const body of bodies) {
      const answer = await fetch(up + "/length", { method: "POST", body, duplex: "half" });
      all.push(await answer.json());
    }
    const to = up + "/redirect?status=307&to=" + encodeURIComponent(up + "/length");
    for (const body of bodies.slice(0, 6)) all.push((await (await fetch(to, { method: "POST", body })).json())[1]);
    return all;
  },
  async response({ up }) {
    const response = await fetch(up + "/cookies");
    const clone = response.clone();
    return [response.type, response.ok, response.url, response.redirected, response.headers.getSetCookie(),
      response.headers.get("x-list"), await response.text(), await clone.text(), response.bodyUsed,
      response instanceof Response, describeImmutable(response)];
  },
  async redirects({ up }) {
    const to = encodeURIComponent(up + "/echo");
    const result = {};
    const followed = await fetch(up + "/redirect?to=" + to, { method: "POST", body: "b", headers: { "x-keep": "1" } });
    const seen = await followed.json();
    result.follow = [followed.url, followed.redirected, seen.method, seen.body, seen.headers["x-keep"]];
    const kept = await (await fetch(up + "/redirect?status=307&to=" + to, { method: "POST", body: "b" })).json();
    result.kept = [kept.method, kept.body];
    const manual = await fetch(up + "/redirect?to=" + to, { redirect: "manual" });
    result.manual = [manual.status, manual.headers.get("location"), manual.redirected, await manual.text()];
    result.error = await describe(() => fetch(up + "/redirect?to=" + to, { redirect: "error" }));
    result.loop = await describe(() => fetch(up + "/loop"));
    result.streamed = await describe(() =>
      fetch(up + "/redirect?status=307&to=" + to, { method: "POST", body: new Blob(["x"]).stream(), duplex: "half" }));
    const big = new Blob(["0123456789".repeat(300_000)], { type: "text/big" });
    const bigTo = (status, method) => fetch(up + "/redirect?status=" + status + "&to=" + to, { method, body: big });
    result.big = [];
    for (const [status, method] of [[307, "POST"], [308, "PUT"], [302, "PUT"], [302, "POST"], [303, "PUT"]]) {
      const answer = await bigTo(status, method);
      const { method: sent, body, headers } = await answer.json();
      result.big.push([sent, body.length, body.slice(-3), headers["content-type"] ?? null, answer.redirected, answer.url === up + "/echo"]);
    }
    const twice = up + "/redirect?status=307&to=" + encodeURIComponent(up + "/redirect?status=308&to=" + to);
    result.bigTwice = (await (await fetch(twice, { method: "POST", body: big })).json()).body.length;
    result.bigLoop = await describe(() => fetch(up + "/loop", { method: "PUT", body: big }));
    result.bigError = await describe(() => fetch(twice, { method: "PUT", body: big, redirect: "error" }));
    const shown = await fetch(twice, { method: "PUT", body: big, redirect: "manual" });
    result.bigManual = [shown.status, shown.redirected, await shown.text()];
    result.bigPlain = (await (await fetch(up + "/echo", { method: "POST", body: big })).json()).body.length;
    return result;
  },
  async codings({ up }) {
    const packed = await fetch(up + "/gzip");
    const odd = await fetch(up + "/odd-coding");
    const head = await fetch(up + "/gzip", { method: "HEAD" });
    return [await packed.text(), packed.headers.get("content-encoding"), await odd.text(),
      odd.headers.get("content-encoding"), head.headers.get("content-encoding")];
  },
  async statuses({ up }) {
    const all = [];
    for (const code of [204, 304, 404, 500]) {
      const response = await fetch(up + "/status?code=" + code);
      all.push([response.status, response.ok, await response.text()]);
    }
    return all;
  },
  async data() {
    const response = await fetch("data:text/plain;base64,aGVsbG8=");
    return [response.status, response.headers.get("content-type"), await response.text()];
  },
  async errors({ up, query }) {
    const closed = await describe(() => fetch("http://127.0.0.1:" + query.get("closed") + "/"));
    return [closed, await describe(() => fetch("ftp://x/")), await describe(() => fetch("file:///etc/passwd")),
      await describe(() => fetch("http://user:pw@x/")), await describe(() => fetch(up, { method: "GET", body: "x" })),
      await describe(() => fetch("http://does-not-exist.invalid/"))];
  },
  async aborted({ up }) {
    const before = await describe(() => fetch(up, { signal: AbortSignal.abort(new Error("own reason")) }));
    const controller = new AbortController();
    const head = describe(() => fetch(up + "/never", { signal: controller.signal }));
    setTimeout(() => controller.abort(), 100);
    const body = await describe(async () => {
      const second = new AbortController();
      const response = await fetch(up + "/endless", { signal: second.signal });
      const reader = response.body.getReader();
      await reader.read();
      second.abort();
      for (;;) await reader.read();
    });
    const late = await describe(() => fetch(up + "/never", { signal: AbortSignal.timeout(50) }));
    return [before, await head, body, late];
  },
  async cancelled({ up }) {
    const response = await fetch(up + "/endless");
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel();
    return "cancelled";
  },
  async slow({ up }) {
    const response = await fetch(up + "/endless");
    const reader = response.body.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await reader.cancel();
    return "cancelled";
  },
  async upload({ up }) {
    let left = 1600;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- === 0) return controller.close();
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    return await (await fetch(up + "/count", { method: "POST", body, duplex: "half" })).text();
  },
  async broken({ up }) {
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new Uint8Array(1000));
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.error(new Error("the source broke"));
      },
    });
    return await describe(() => fetch(up + "/count", { method: "POST", body, duplex: "half" }));
  },
  async many({ up }) {
    const controller = new AbortController();
    const held = Array.from({ length: 256 }, () => describe(() => fetch(up + "/never", { signal: controller.signal })));
    const beyond = await describe(() => fetch(up + "/", { method: "POST", body: new Blob(["x"]).stream(), duplex: "half" }));
    controller.abort();
    const ended = await Promise.all(held);
    const after = await (await fetch(up + "/")).text();
    return [beyond, ended.filter(({ error }) => error === "AbortError").length, after];
  },
  async events({ up }) {
    const source = new EventSource(up + "/events");
    const got = [];
    const done = Promise.withResolvers();
    source.onopen = () => got.push(["open", source.readyState]);
    source.onmessage = (event) => got.push([event.data, event.lastEventId, event.origin === up]);
    source.addEventListener("named", (event) => got.push(["named", event.data, event.lastEventId]));
    source.onerror = () => {
      got.push(["error", source.readyState]);
      if (source.readyState === 2) done.resolve();
    };
    await done.promise;
    return got;
  },
  async socket({ up, query }) {
    const protocols = query.get("protocols")?.split(",") ?? [];
    const socket = new WebSocket(up.replace("http", "ws") + "/socket" + (query.get("more") ?? ""), protocols);
    socket.binaryType = "arraybuffer";
    const got = [socket.readyState];
    const done = Promise.withResolvers();
    socket.onopen = () => {
      got.push("open " + socket.protocol);
      socket.send("text");
      socket.send(new Uint8Array([1, 2]));
      socket.send(new Uint8Array(1024 * 1024));
    };
    socket.onmessage = ({ data }) => {
      got.push(typeof data === "string" ? data : data.byteLength);
      if (data.byteLength > 1000) socket.send("close");
    };
    socket.onerror = () => got.push("error");
    socket.onclose = ({ code, reason, wasClean }) => done.resolve([code, reason, wasClean]);
    got.push(await done.promise);
    return got;
  },
  invalid() {
    return [
      ["http://x/#a"], ["ftp://x/"], ["nonsense"], ["ws://x/", ["a", "a"]], ["ws://x/", "a b"],
    ].map((given) => {
      try {
        new WebSocket(...given);
        return "no error";
      } catch (error) {
        return error.name;
      }
    });
  },
  hold({ up }) {
    const socket = new WebSocket(up.replace("http", "ws") + "/socket");
    fetch(up + "/never").catch(() => {});
    return new Promise((resolve) => socket.onopen = () => resolve("held"));
  },
  memory() {
    const held = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  },
  async proxy({ up, query, request }) {
    const response = await fetch(new Request(up + query.get("to"), request));
    return new Response(response.body, response);
  },
};

function describeImmutable(response) {
  try {
    response.headers.set("x", "y");
    return "mutable";
  } catch (error) {
    return error.name;
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams: query } = new URL(request.url);
    const result = await describe(() => runs[pathname.slice(1)]({ up: env.UPSTREAM, query, request }));
    return result instanceof Response ? result : Response.json(result);
  },
};
`;
