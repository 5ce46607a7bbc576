/** Holds the linked stand-ins, deno.json and deno.jsr.json together, so that they cannot drift apart. */
import { assertEquals } from "@std/assert";
import { REPO } from "../../support/repo.ts";

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL(path, REPO)));
}

Deno.test("deno.jsr.json is deno.json without links and without the lock, which holds no JSR package", async () => {
  const { links, lock, ...rest } = await readJson("deno.json");
  assertEquals(await readJson("deno.jsr.json"), rest);
  assertEquals(Array.isArray(links), true);
  assertEquals(lock, { path: "./deno.lock", frozen: true });
});

Deno.test("Every linked stand-in has the name and version that the imports ask for", async () => {
  const { links, imports } = await readJson("deno.json") as { links: string[]; imports: Record<string, string> };
  const linked = await Promise.all(links.map(async (folder) => {
    const { name, version } = await readJson(`${folder}/deno.json`);
    return [name, `jsr:${name}@${version}`];
  }));
  const asked = Object.entries(imports).filter(([, target]) => target.startsWith("jsr:"));
  assertEquals(Object.fromEntries(linked), Object.fromEntries(asked));
});
