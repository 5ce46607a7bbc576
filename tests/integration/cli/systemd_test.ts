/** A real host tells a service manager what it does, with and without a guardian above it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { NotifySocket } from "../../support/notify_socket.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = { files: "export default { fetch: () => new Response('hello') };" };

for (const guardian of [false, true]) {
  Deno.test(`nano start ${guardian ? "under its guardian" : "alone"} tells systemd when it serves, reloads and drains`, async () => {
    await using socket = await NotifySocket.open();
    await using project = await TempProject.create({ hello: APP });
    await using nano = await NanoProcess.start(project.configFile, {
      guardian,
      args: ["--no-watch"],
      env: { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: "200000" },
    });
    let from = await socket.waitFor(`READY=1\nSTATUS=Serving ${nano.url}`);
    assertEquals(await (await nano.fetch("hello")).text(), "hello");

    await project.setApp("more", APP);
    nano.signal("SIGHUP");
    from = await socket.waitFor("RELOADING=1", { from });
    from = await socket.waitFor("READY=1", { from });
    // READY comes when the reload is over, not before: the new app answers at once.
    assertEquals(await (await nano.fetch("more")).text(), "hello");

    await Deno.writeTextFile(project.configFile, "no JSON");
    nano.signal("SIGHUP");
    from = await socket.waitFor("RELOADING=1", { from });
    from = await socket.waitFor("READY=1", { from });
    from = await socket.waitFor("WATCHDOG=1", { from });

    assertEquals((await nano.stop()).code, 0);
    await socket.waitFor("STOPPING=1", { from });
    assertEquals(socket.states.length, 6);
    assertEquals(nano.stderr.includes("systemd"), false);
  });
}

Deno.test("nano start serves on when systemd cannot be told", async () => {
  await using project = await TempProject.create({ hello: APP });
  await using nano = await NanoProcess.start(project.configFile, { env: { NOTIFY_SOCKET: `${project.dir}/nobody` } });
  assertEquals(await (await nano.fetch("hello")).text(), "hello");
  assertEquals((await nano.stop()).code, 0);
  assertStringIncludes(nano.stderr, "nano: Cannot tell systemd how NANO is: NotFound");
});
