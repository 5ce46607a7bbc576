/** AsyncLocalStorage in an app: what one request enters is not there for another. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
const storage = new AsyncLocalStorage();
storage.enterWith("top");
const seen = [];
export default {
  async fetch(request, env, ctx) {
    const name = new URL(request.url).pathname.slice(1);
    const before = storage.getStore() ?? null;
    if (name === "seen") return Response.json(seen);
    storage.enterWith(name);
    ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)).then(() => seen.push(["wait", name, storage.getStore()])));
    setTimeout(() => seen.push(["timer", name, storage.getStore()]), 1);
    queueMicrotask(() => seen.push(["microtask", name, storage.getStore()]));
    const bound = AsyncResource.bind(() => storage.getStore());
    const text = await request.text();
    const inside = await storage.run("inner", async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return [storage.getStore(), AsyncLocalStorage.snapshot()(() => storage.getStore())];
    });
    const { readable, writable } = new TransformStream({
      transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode(chunk + storage.getStore())),
    });
    const writer = writable.getWriter();
    writer.write("stream ").then(() => writer.close());
    return Response.json([before, storage.getStore(), ...inside, bound(), text.length, await new Response(readable).text()]);
  },
  scheduled() {},
};
`;

Deno.test("A request begins in no context, keeps its own through all it does, and leaves none behind", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  const names = Array.from({ length: 40 }, (_, at) => `r${at}`);
  const ask = async (name: string, body?: string) =>
    await (await nano.fetch("app", `/${name}`, body === undefined ? {} : { method: "POST", body })).json();
  const expected = (name: string, length: number) => [null, name, "inner", "inner", name, length, `stream ${name}`];
  // Together: they arrive in batches, one right behind the other.
  const answers = await Promise.all(names.map((name) => ask(name)));
  assertEquals(answers, names.map((name) => expected(name, 0)));
  for (const name of ["a", "b"]) assertEquals(await ask(name, "x".repeat(200_000)), expected(name, 200_000));
  for (;;) {
    const seen = await ask("seen") as [string, string, string][];
    assertEquals(seen.filter(([, name, store]) => name !== store), []);
    if (seen.length === 3 * (names.length + 2)) break;
  }
});
