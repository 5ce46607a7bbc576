/** The apps that NANO serves in the bench; "serve" answers exactly what raw_server.ts answers. */

/** Text, 100 MB down, 10 MB in chunks of 1 KB down, uploads counted, WebSocket messages sent back. */
export const SERVE_APP = `
const MB = 1024 * 1024;

function chunks(total: number, size: number): ReadableStream<Uint8Array> {
  let left = total;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(new Uint8Array(size).fill(left & 0xff));
      left -= size;
    },
  });
}

async function stream(request: Request, path: string): Promise<Response> {
  switch (path) {
    case "/down":
      return new Response(chunks(100 * MB, 64 * 1024));
    case "/small":
      return new Response(chunks(10 * MB, 1024));
    case "/up": {
      let bytes = 0;
      for await (const chunk of request.body!) bytes += chunk.byteLength;
      return new Response(String(bytes));
    }
    default:
      return new Response(null, { status: 404 });
  }
}

function echo(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = (event) => socket.send(event.data);
  return response;
}

export default {
  fetch(request: Request) {
    const { url } = request;
    const at = url.indexOf("/", 8);
    if (url.length === at + 1) return new Response("Hello from the bench\\n");
    if (url.endsWith("/echo")) return echo(request);
    return stream(request, url.slice(at));
  },
};
`;

/** The smallest app. */
export const HELLO_APP = `export default { fetch: (_request: Request) => new Response("Hello from the bench\\n") };\n`;

/** Writes 5,000 lines a second while it has requests, all alike in length; catches up when its timer is late. */
export const CHATTY_APP = `
let began = 0;
let lines = 0;

function chat() {
  const due = (performance.now() - began) * 5;
  while (lines < due) console.log("order " + (++lines) + " was taken, its parcel leaves the house tomorrow at noon");
}

export default {
  fetch(_request: Request) {
    if (began === 0) {
      began = performance.now();
      setInterval(chat, 10);
    }
    return new Response("Hello from the bench\\n");
  },
};
`;

/** Runs out of memory when asked to. */
export const GREEDY_APP = `
const kept: unknown[] = [];
export default {
  fetch(request: Request) {
    if (new URL(request.url).pathname === "/oom") for (;;) kept.push(new Array(10_000).fill({}).map(() => ({})));
    return new Response("Hello from the bench\\n");
  },
};
`;
