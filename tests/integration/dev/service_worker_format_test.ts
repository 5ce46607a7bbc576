/** A Worker of the older format, which exports nothing: its bindings are globals, its handlers are listeners. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";

const TELLS = `import { told } from "./told";
const top = WORD + LIST.length;
addEventListener("fetch", (event) => event.respondWith(handle(event)));
addEventListener("scheduled", (event) => event.waitUntil(STORE.put("cron", event.cron + event.type)));
async function handle({ request }) {
  const { pathname } = new URL(request.url);
  if (pathname === "/cron") return new Response(await STORE.get("cron"));
  return Response.json([top, told(), SECRET, typeof env, typeof ABSENT]);
}`;

const WRANGLER = `name = "old"
main = "src/index.js"
compatibility_date = "2023-01-01"
vars = { WORD = "word", LIST = [1, 2] }
kv_namespaces = [{ binding = "STORE", id = "a" }]
`;

Deno.test("A Worker that exports nothing finds its bindings among its globals, and its listeners hear of jobs", async () => {
  await using project = await TempProject.create({
    old: {
      files: {
        "wrangler.toml": WRANGLER,
        ".dev.vars": "SECRET=secret",
        "src/index.js": TELLS,
        "src/told.js": "export const told = () => WORD;",
      },
    },
  });
  await using dev = await NanoProcess.spawn(["dev", `${project.dir}/apps/old`, "--port", "0"]);
  const serving = await until(() => dev.strayLines.find((line) => line.startsWith("Serving ")), "a URL");
  const url = serving.match(/http:\S+?(?=\/ )/)![0];
  const answer = await (await fetch(url)).json();
  assertEquals(answer, ["word2", "word", "secret", "undefined", "undefined"]);
  assertEquals(await (await fetch(`${url}/cdn-cgi/handler/scheduled?cron=1+*+*+*+*`)).text(), "ok");
  assertEquals(await (await fetch(`${url}/cron`)).text(), "1 * * * *scheduled");
  await dev.stop();
});

Deno.test("A Worker that exports a handler finds its bindings in env alone", async () => {
  const handler = `fetch: () => new Response(typeof WORD + typeof self.WORD)`;
  await using project = await TempProject.create({
    modules: { files: { "wrangler.toml": WRANGLER, "src/index.js": `export default { ${handler} };` } },
    compiled: { files: { "wrangler.toml": WRANGLER, "src/index.js": `module.exports = { ${handler} };` } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  for (const host of ["modules", "compiled"]) {
    assertEquals(await (await nano.fetch(host)).text(), "undefinedundefined");
  }
});
