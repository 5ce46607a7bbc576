/** A server on loopback for apps to fetch from. */

/** A running one, and what it saw. */
export interface Upstream extends AsyncDisposable {
  readonly url: string;
  /** Names of things that happened, in order. */
  readonly seen: string[];
}

const MB = 1024 * 1024;

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bytes from nowhere, and a note when their reader goes away. */
function endless(seen: string[], limit = Infinity): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= limit) return controller.close();
      controller.enqueue(new Uint8Array(64 * 1024));
      sent += 64 * 1024;
    },
    cancel() {
      seen.push(`cancelled after ${Math.ceil(sent / MB)} MB`);
    },
  }, { highWaterMark: 0 });
}

/** Starts it. */
export function startUpstream(): Upstream {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const sockets = new Set<WebSocket>();
  let streams = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request, info) => {
    info.completed.catch(() => {});
    const { pathname, searchParams: query } = new URL(request.url);
    switch (pathname) {
      case "/echo": {
        const body = await request.text();
        return Response.json({ method: request.method, headers: Object.fromEntries(request.headers), body });
      }
      case "/length": {
        const { headers } = request;
        const bytes = (await request.bytes()).byteLength;
        return Response.json([headers.get("content-length") ?? headers.get("transfer-encoding"), bytes]);
      }
      case "/redirect":
        await request.body?.cancel();
        return new Response("moved", {
          status: Number(query.get("status") ?? 302),
          headers: { location: query.get("to")! },
        });
      case "/loop":
        return new Response(null, { status: 302, headers: { location: "/loop" } });
      case "/gzip":
        return new Response(await gzip("unpacked"), { headers: { "content-encoding": "gzip" } });
      case "/odd-coding":
        return new Response("as it is", { headers: { "content-encoding": "rot13" } });
      case "/cookies":
        return new Response("x", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-list", "1"]] });
      case "/status":
        return new Response(null, { status: Number(query.get("code")) });
      case "/bytes":
        return new Response(endless(seen, Number(query.get("bytes"))));
      case "/endless":
        return new Response(endless(seen));
      case "/never":
        seen.push("waits");
        request.signal.addEventListener("abort", () => seen.push("client gone"));
        await new Promise<void>((resolve) => waiting.push(resolve));
        return new Response("late");
      case "/count": {
        let bytes = 0;
        try {
          for await (const chunk of request.body!) bytes += chunk.byteLength;
        } catch {
          seen.push("upload broke off");
          return new Response("broken");
        }
        return new Response(String(bytes));
      }
      case "/events": {
        seen.push(`events ${request.headers.get("last-event-id") ?? "-"}`);
        const texts = [
          ": hello\nretry: 20\nid: 1\ndata: one\n\nevent: named\r\ndata: two\r\ndata:three\r\n\r\nid: 7\ndata",
          "data: after\nid: 8\n\n",
        ];
        const text = texts[streams++];
        if (text === undefined) return new Response(null, { status: 204 });
        return new Response(text, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
      }
      case "/socket": {
        const protocol = query.get("protocol");
        const { socket, response } = Deno.upgradeWebSocket(request, protocol === null ? {} : { protocol });
        socket.binaryType = "arraybuffer";
        sockets.add(socket);
        socket.onopen = () => seen.push("socket open");
        socket.onmessage = ({ data }) => data === "close" ? socket.close(4004, "as asked") : socket.send(data);
        socket.onclose = ({ code }) => {
          sockets.delete(socket);
          seen.push(`socket closed ${code}`);
        };
        return response;
      }
      default:
        return new Response("hello");
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const go of waiting) go();
      await server.shutdown();
    },
  };
}
