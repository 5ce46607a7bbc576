/** `nano start` on a terminal, which util-linux's `script` plays, and Ctrl+C without one. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";

const HELLO = { files: "export default { fetch: () => new Response('hello') };" };
const hasScript = await Deno.stat("/usr/bin/script").then(() => true, () => false);
if (!hasScript) console.log("Not tried on a terminal: there is no /usr/bin/script of util-linux");

Deno.test({
  name: "nano start on a terminal tells apps and URLs in lines for people, and a link that signs in once",
  ignore: !hasScript,
  fn: async () => {
    await using project = await TempProject.create({ hello: HELLO });
    const main = fromFileUrl(new URL("admin/cli/main.ts", REPO));
    const command =
      `'${Deno.execPath()}' run -A --no-check '${main}' start --no-guardian --config '${project.configFile}'`;
    const program = ["/usr/bin/script", "-qfec", command, "/dev/null"] as const;
    await using nano = await NanoProcess.spawn([], { program });
    const lineOf = (part: string) => until(() => nano.strayLines.find((line) => line.includes(part)), part, 60_000);
    const link = (await lineOf("/sign-in?key=")).trim().split(" ").at(-1)!;
    assertEquals(nano.events, [], "no JSON on a terminal");
    assertMatch(await lineOf("NANO serves"), /NANO serves 1 app at http:\/\/127\.0\.0\.1:\d+ \(Ctrl\+C ends it\)/);
    assertMatch(await lineOf("  hello"), /hello {2}running {2}http:\/\/hello:\d+\//);

    const visit = async (method: string) => {
      const response = await fetch(link, { redirect: "manual", method });
      await response.body?.cancel();
      return [response.headers.get("location"), response.headers.get("set-cookie")?.split(";")[0] ?? null];
    };
    assertEquals(await visit("HEAD"), ["/login?problem=used", null], "a look at the head does not use it up");
    const [location, cookie] = await visit("GET");
    assert(location === "/" && cookie !== null && cookie !== undefined);
    assertEquals(await visit("GET"), ["/login?problem=used", null]);
    const page = await fetch(new URL("/", link), { headers: { cookie, accept: "text/html" }, redirect: "manual" });
    assertEquals(page.status, 200);
    await page.body?.cancel();
  },
});

Deno.test("Ctrl+C with a stream open says what it waits for; a second one ends it; no link where there is no terminal", async () => {
  await using project = await TempProject.create({
    hello: {
      files:
        "export default { fetch: () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) })) };",
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const response = await nano.fetch("hello");
  const reader = response.body!.getReader();
  await reader.read();
  const from = nano.events.length;
  nano.signal("SIGINT");
  await until(() => nano.stderr.includes("Waiting up to 30 s for 1 request"), "a notice");
  assert(nano.stderr.includes("(hello 1); Ctrl+C once more ends them now"), nano.stderr);
  await nano.waitForEvent(({ event }) => event === "drain_start", undefined, from);
  // Two within 150 ms are one press.
  await until(() => {
    try {
      nano.signal("SIGINT");
      return false;
    } catch {
      return true;
    }
  }, "the end");
  assertEquals((await nano.status()).code, 1);
  await reader.cancel().catch(() => {});
  assertEquals(nano.strayLines, []);
  assert(!nano.stderr.includes("sign-in"));
});
