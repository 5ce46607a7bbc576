// Two kinds of streamed answers: server-sent events, and a download of any size that never lies in memory as a whole.
// Try: curl -N http://stream.localhost:8080/events and curl -o /dev/null "http://stream.localhost:8080/download?mb=100"

const CHUNK_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
const MAX_MB = 10_240;

export default {
  fetch(request: Request): Response {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/":
        return index();
      case "/events":
        return events();
      case "/download":
        return download(Number(url.searchParams.get("mb") ?? "1"));
      default:
        return new Response("Not found\n", { status: 404 });
    }
  },
};

/** One event a second, until the client goes away: then the stream is cancelled, and the timer with it. */
function events(): Response {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  let id = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = () => {
        // A client that reads too slowly misses ticks instead of piling them up here.
        if ((controller.desiredSize ?? 0) <= 0) return;
        const data = JSON.stringify({ time: new Date().toISOString() });
        controller.enqueue(
          encoder.encode(`id: ${++id}\nevent: tick\ndata: ${data}\n\n`),
        );
      };
      send();
      timer = setInterval(send, 1000);
    },
    cancel() {
      clearInterval(timer);
    },
  }, { highWaterMark: 16 });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    },
  });
}

/** `pull` is called when the client is ready for more, so a slow one slows this down instead of filling memory. */
function download(mb: number): Response {
  if (!Number.isInteger(mb) || mb < 0 || mb > MAX_MB) {
    return new Response(`mb is a whole number from 0 to ${MAX_MB}\n`, {
      status: 400,
    });
  }
  let left = mb * MIB;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      const bytes = Math.min(CHUNK_BYTES, left);
      controller.enqueue(new Uint8Array(bytes).fill(left / CHUNK_BYTES));
      left -= bytes;
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(left),
      "content-disposition": `attachment; filename="${mb}mb.bin"`,
    },
  });
}

function index(): Response {
  const page = `<!doctype html>
<title>Streams</title>
<p><a href="/download?mb=100">Download 100 MiB</a></p>
<pre id="log"></pre>
<script>
  new EventSource("/events").addEventListener("tick", (event) => {
    document.querySelector("#log").textContent += event.data + "\\n";
  });
</script>
`;
  return new Response(page, {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
