/** TLS connections of an app with an authority of its own and with client certificates, against openssl. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../support/nano_process.ts";
import { TempProject } from "../support/temp_project.ts";
import { TLS_APP } from "./tls_app.ts";
import { makeTlsFolder, startTlsServer } from "./tls_server.ts";

/** Every way in which an app opens one. */
const WAYS = ["node", "nodeContext", "nodeOver", "deno", "denoStart"];

Deno.test("Apps bring their own authorities and client certificates to TLS connections", async (t) => {
  await using folder = await makeTlsFolder();
  await using open = await startTlsServer(folder, { asks: false });
  await using strict = await startTlsServer(folder, { asks: true });
  const outbound = [open, strict].map(({ port }) => `127.0.0.1:${port}`);
  await using project = await TempProject.create({ app: { files: TLS_APP, config: { outbound } } });
  await using nano = await NanoProcess.start(project.configFile);
  const ca = [await folder.read("ca.crt")];
  const other = [await folder.read("other.crt")];
  const pair = { cert: await folder.read("client.crt"), key: await folder.read("client.key") };
  const ask = async (call: string, options: object) => {
    const body = JSON.stringify({ call, ...options });
    const response = await nano.fetch("app", "/", { method: "POST", body });
    return { isDone: response.status === 200, answer: await response.json() };
  };

  for (const way of WAYS) {
    await t.step(`${way}: a server is trusted by the app's own authority alone`, async () => {
      const { port } = open;
      const trusted = await ask(way, { port, ca });
      assertEquals(trusted.isDone, true, JSON.stringify(trusted.answer));
      assertMatch(trusted.answer, /^HTTP\/1\.0 200 ok/);
      for (const certificates of [{}, { ca: other }]) {
        const { isDone, answer: [name, code, message] } = await ask(way, { port, ...certificates });
        assertEquals(isDone, false);
        if (way.startsWith("node")) assertMatch(code, /CERT|SELF_SIGNED|UNABLE_TO/, message);
        else assertEquals(name, "InvalidData", message);
      }
    });
    await t.step(`${way}: a server that asks for a certificate lets in who has one`, async () => {
      const { port } = strict;
      const { isDone, answer } = await ask(way, { port, ca, ...pair });
      assertEquals(isDone, true, JSON.stringify(answer));
      assertMatch(answer, /Client certificate[^]*CN\s*=\s*ada/);
      const without = await ask(way, { port, ca });
      assert(!without.isDone || without.answer === "", JSON.stringify(without.answer));
    });
  }
  await t.step("node:tls tells what was agreed on", async () => {
    assertEquals((await ask("nodeAlpn", { port: open.port, ca })).answer, [true, "http/1.1", "TLSv1.3", "localhost"]);
  });
});
