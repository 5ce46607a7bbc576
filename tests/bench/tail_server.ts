/** NANO with a second listener that streams the lines of app "chatty" as the admin listener does. Run: tail_server.ts CONFIG */
import { loadConfig, type LogLineKind, Nano } from "../../runtime/mod.ts";

const nano = await Nano.start(await loadConfig(Deno.args[0]!));

function tail(request: Request): Response {
  const kinds = new URL(request.url).searchParams.get("kinds")?.split(",") as LogLineKind[] | undefined;
  const filter = {
    app: "chatty",
    level: null,
    text: null,
    status: null,
    method: null,
    kinds: kinds ?? null,
    sample: 1,
  };
  const batches = nano.observations.followLines(filter, request.signal);
  const encoder = new TextEncoder();
  return new Response(ReadableStream.from(
    (async function* () {
      for await (const { lines, dropped } of batches) {
        let text = "";
        for (const line of lines) text += `event: line\nid: ${line.id}\ndata: ${JSON.stringify(line)}\n\n`;
        if (dropped > 0) text += `event: dropped\ndata: ${dropped}\n\n`;
        yield encoder.encode(text);
      }
    })(),
  ));
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ event: "server_start", url: nano.url, tail: port })),
}, tail);
