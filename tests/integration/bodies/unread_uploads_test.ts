/** Uploads that an app does not come to read, from clients and from another app: they wait outside of it. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Lets all uploads wait until it is told to read them, which it does chunk by chunk. */
const HOLDS = `let waiting = 0;
const all = Promise.withResolvers();
const gate = Promise.withResolvers();
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/waiting") return new Response((await all.promise, "all"));
    if (pathname === "/open") return new Response((gate.resolve(), "open"));
    if (++waiting === 100) all.resolve();
    await gate.promise;
    let sum = 0;
    let bytes = 0;
    for await (const chunk of request.body) {
      bytes += chunk.length;
      for (let at = 0; at < chunk.length; at++) sum += chunk[at];
    }
    return Response.json([bytes, sum]);
  },
};`;
const CALLS = `export default {
  async fetch(_request, env) {
    const calls = Array.from({ length: 100 }, () =>
      env.HOLDS.fetch("http://holds/", { method: "POST", body: new Uint8Array(1_000_000).fill(1) }).then((answer) => answer.text()));
    return Response.json(await Promise.all(calls));
  },
};`;
const LIMITS = { timeout_ms: 600_000, external_mb: 32 };
const ALL = Array(100).fill("[1000000,1000000]");

async function start(): Promise<{ nano: NanoProcess } & AsyncDisposable> {
  const project = await TempProject.create({
    holds: { files: { "index.js": HOLDS }, config: LIMITS },
    calls: {
      files: { "index.js": CALLS },
      config: { ...LIMITS, external_mb: 256, bindings: { HOLDS: { service: "holds" } } },
    },
  });
  const nano = await NanoProcess.start(project.configFile);
  return {
    nano,
    async [Symbol.asyncDispose]() {
      await nano[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** Lets the app read once all of them wait. */
async function open(nano: NanoProcess): Promise<void> {
  assertEquals(await (await nano.fetch("holds", "/waiting")).text(), "all");
  assertEquals(await (await nano.fetch("holds", "/open")).text(), "open");
}

Deno.test("A hundred uploads of a megabyte wait for an app that may hold 32, and arrive whole", async () => {
  await using scene = await start();
  const uploads = Array.from({ length: 100 }, async () => {
    const answer = await scene.nano.fetch("holds", "/", { method: "POST", body: new Uint8Array(1_000_000).fill(1) });
    return await answer.text();
  });
  await open(scene.nano);
  assertEquals(await Promise.all(uploads), ALL);
});

Deno.test("A hundred uploads of another app wait likewise, whole bodies as they are there", async () => {
  await using scene = await start();
  const calls = scene.nano.fetch("calls");
  await open(scene.nano);
  assertEquals(await (await calls).json(), ALL);
});
