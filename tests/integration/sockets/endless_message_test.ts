/** Clients that send a message in fragments without an end: they are cut off, and everybody else is served. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { FRAME, FrameClient } from "./frame_client.ts";

const APP = `
const fates = [];
Deno.serve((request) => {
  if (request.headers.get("upgrade") !== "websocket") return Response.json(fates);
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(String(data.size));
  socket.onclose = ({ code }) => fates.push(code);
  return response;
});
`;

/** Who asks the kernel. */
const SS = ["/usr/bin/ss", "/bin/ss"];
const PART = new Uint8Array(1024 * 1024);
/** So much is sent at most, in MiB: what a process without a bound would hold. */
const ENDLESS_PARTS = 3_000;

const hasSs = SS.some((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (!hasSs) console.log("Messages without an end are not tried: there is no ss (iproute2) here");

Deno.test({
  name: "A client whose message has no end is cut off, and a long message with an end is not",
  ignore: !hasSs,
  async fn() {
    await using project = await TempProject.create({ chat: { files: APP } });
    await using nano = await NanoProcess.start(project.configFile);
    const open = () => FrameClient.open({ port: nano.port, host: "chat", path: "/" });
    using honest = await open();
    using hostile = await open();

    // 12 MiB in fragments, while the other goes on without an end.
    await honest.send(FRAME.BINARY, PART, { final: false });
    let parts = 0;
    const attack = (async () => {
      await hostile.send(FRAME.BINARY, PART, { final: false });
      for (; parts < ENDLESS_PARTS; parts++) {
        await hostile.send(FRAME.CONTINUATION, PART, { final: false });
      }
    })().catch(() => {});
    for (let at = 0; at < 10; at++) await honest.send(FRAME.CONTINUATION, PART, { final: false });
    await honest.send(FRAME.CONTINUATION, PART, { final: true });
    assertEquals((await honest.read())!.text, String(12 * 1024 * 1024));
    await attack;

    assert(parts < ENDLESS_PARTS, "nobody cut it off");
    await nano.waitForEvent(({ event, text }) =>
      event === "warning" &&
      /^Closed the WebSocket of 127\.0\.0\.1:\d+: \d+ MiB came without the end/.test(String(text))
    );
    await nano.waitForEvent(({ event, status, end }) => event === "request" && status === 101 && end === "client_gone");
    await honest.send(FRAME.BINARY, PART, { final: true });
    assertEquals((await honest.read())!.text, String(PART.length));
    assertEquals(await (await nano.fetch("chat", "/")).json(), [1006]);
  },
});
