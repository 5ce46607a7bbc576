/** Rate limiters of nano.json and of a Workers project. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default {
  async fetch(request, env) {
    const results = [];
    for (let at = 0; at < 4; at++) results.push((await env.LIMIT.limit({ key: new URL(request.url).pathname })).success);
    return Response.json(results);
  },
};`;

const WRANGLER = `{
  "main": "index.ts",
  "ratelimits": [
    { "name": "LIMIT", "namespace_id": "1", "simple": { "limit": 3, "period": 60 } },
    { "name": "ODD", "namespace_id": "2", "simple": { "limit": 3, "period": 61 } }
  ]
}`;

Deno.test("A rate limiter lets as many calls of a key succeed as it says", async () => {
  await using project = await TempProject.create({
    own: { files: APP, config: { bindings: { LIMIT: { rate_limit: { limit: 2, period: 60 } } } } },
    worker: { files: { "index.ts": APP, "wrangler.jsonc": WRANGLER } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const ask = async (app: string, path: string) => {
    const results: boolean[] = await (await nano.fetch(app, path)).json();
    return results.filter((one) => one).length;
  };
  // A period may end between two calls, and then begins anew: never more than the limit in each of two.
  for (const [app, limit] of [["own", 2], ["worker", 3]] as const) {
    const [one, other] = [await ask(app, "/a"), await ask(app, "/b")];
    assertEquals([one, other].some((count) => count === limit), true, `${one}, ${other}`);
  }
  const warning = await nano.waitForEvent(({ event, text }) => event === "warning" && /limiter/.test(String(text)));
  assertStringIncludes(
    String(warning["text"]),
    'wrangler.jsonc, line 5: a rate limiter has no effect: "simple": expected 10 or 60, in seconds',
  );
});
