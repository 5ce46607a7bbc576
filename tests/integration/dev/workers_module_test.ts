/** `cloudflare:workers`: env, waitUntil, and entrypoints that are classes; what is not there fails where it is used. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const CLASS = `import { DurableObject, env, RpcTarget, waitUntil, WorkerEntrypoint } from "cloudflare:workers";
export class Counter extends DurableObject {}
export class Named extends WorkerEntrypoint { add(a, b) { return a + b; } }
export class Target extends RpcTarget {}
const early = env.WORD;
export default class extends WorkerEntrypoint {
  made = Math.random();
  async fetch(request) {
    waitUntil(Promise.resolve().then(() => console.log("waited")));
    this.ctx.waitUntil(Promise.resolve());
    const other = new Named(this.ctx, this.env);
    return Response.json([early, env.WORD, this.env.WORD, other.add(1, 2), new URL(request.url).pathname, this.made]);
  }
  scheduled(event) { console.log("job of " + this.env.WORD + " at " + event.cron); }
}`;
const ABSENT = `import { connect } from "cloudflare:pipelines";
import { WorkflowEntrypoint } from "cloudflare:workers";
export class Flow extends WorkflowEntrypoint {}
export default { async fetch() {
  try { connect("a.test:1"); return new Response("connected"); } catch (error) { return new Response(error.message); }
} };`;

Deno.test("An entrypoint that is a class of cloudflare:workers is served, and its jobs run", async () => {
  const crons = [{ schedule: "0 0 1 1 *", name: "yearly" }];
  await using project = await TempProject.create({
    entry: { files: { "index.js": CLASS }, config: { env: { WORD: "w" }, crons } },
    absent: { files: { "index.js": ABSENT } },
  }, { admin: { port: 0, token: "workers-module-token" } });
  await using nano = await NanoProcess.start(project.configFile);
  const ask = async () => await (await nano.fetch("entry", "/path")).json();
  const [first, second] = [await ask(), await ask()];
  assertEquals(first.slice(0, 5), ["w", "w", "w", 3, "/path"]);
  assertEquals(first[5] === second[5], false, "an instance of its own for each request");
  await nano.waitForEvent(({ event, text }) => event === "app_log" && text === "waited");
  const run = await fetch(`${nano.adminUrl}/admin/apps/entry/crons/yearly/run`, {
    method: "POST",
    headers: { authorization: "Bearer workers-module-token" },
  });
  await run.body?.cancel();
  assertEquals(run.ok, true);
  await nano.waitForEvent(({ event, text }) => event === "app_log" && text === "job of w at 0 0 1 1 *");
  assertStringIncludes(await (await nano.fetch("absent")).text(), "cloudflare:pipelines");
});
