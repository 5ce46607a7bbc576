/** Answers without a body end where their head does: the connection is free for the next request at once. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default { fetch(request) {
  const status = Number(new URL(request.url).pathname.slice(1));
  return new Response(null, { status, headers: { "x-told": "yes" } });
} };`;

Deno.test("After 204 and 304 the connection serves on, after 205 it ends, as HTTP has it", async () => {
  await using project = await TempProject.create({ bodiless: { files: APP } });
  await using nano = await NanoProcess.start(project.configFile);
  using connection = await RawConnection.open(nano.url);
  for (const status of [204, 304, 200, 205]) {
    await connection.send(`GET /${status} HTTP/1.1\r\nHost: bodiless\r\n\r\n`);
    const response = await connection.readResponse("GET");
    assertEquals([response.status, response.get("x-told"), response.body.byteLength], [status, "yes", 0]);
  }
  // RFC 9110, 15.3.6; its log record tells of no failure
  assertEquals(await connection.drain(), 0);
  const record = await nano.waitForEvent(({ event, status }) => event === "request" && status === 205);
  assertEquals([record["end"], record["bytes"]], ["done", 0]);
  assertEquals(nano.events.filter(({ event }) => event === "warning"), []);
});
