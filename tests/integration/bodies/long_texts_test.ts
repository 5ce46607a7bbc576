/** Texts and bytes at hand that are too long to cross whole: requests, answers, calls of other apps, redirects. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const ASKS = `const text = "\\u20ac".repeat(700_000) + "\\ud83d\\ude00";
const bytes = new TextEncoder().encode(text);
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/text") return new Response(text);
    if (pathname === "/bytes") return new Response(bytes);
    const ask = pathname === "/out" ? (init) => fetch(searchParams.get("to"), init) : (init) => env.OTHER.fetch("http://other/", init);
    const answers = [];
    for (const body of [text, bytes]) {
      const answer = await ask({ method: "POST", body });
      answers.push([await answer.text() === text, answer.headers.get("x-length"), answer.headers.get("x-type")]);
    }
    return Response.json(answers);
  },
};`;
const ECHOES = `export default {
  async fetch(request) {
    const text = await request.text();
    return new Response(text, { headers: { "x-length": String(text.length), "x-type": request.headers.get("content-type") ?? "none" } });
  },
};`;
const BYTES = 3 * 700_000 + 4;

Deno.test("Long texts and bytes of an app arrive whole wherever they go, with their length", async () => {
  await using project = await TempProject.create({
    asks: { files: { "index.js": ASKS }, config: { bindings: { OTHER: { service: "other" } }, outbound: "any" } },
    other: { files: { "index.js": ECHOES } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  for (const path of ["/text", "/bytes"]) {
    const answer = await nano.fetch("asks", path);
    assertEquals(answer.headers.get("content-length"), String(BYTES));
    assertEquals((await answer.bytes()).byteLength, BYTES);
  }
  const expected = [[true, "700002", "text/plain;charset=UTF-8"], [true, "700002", "none"]];
  assertEquals(await (await nano.fetch("asks", "/service")).json(), expected);
  const lengths: (string | null)[] = [];
  await using upstream = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    lengths.push(request.headers.get("content-length"));
    if (new URL(request.url).pathname === "/first") {
      return new Response(null, { status: 307, headers: { location: "/second" } });
    }
    const type = request.headers.get("content-type") ?? "none";
    return new Response(text, { headers: { "x-length": String(text.length), "x-type": type } });
  });
  const to = encodeURIComponent(`http://127.0.0.1:${upstream.addr.port}/first`);
  assertEquals(await (await nano.fetch("asks", `/out?to=${to}`)).json(), expected);
  assertEquals(lengths, Array(4).fill(String(BYTES)));
});
