/**
 * A Workers project answers as under `wrangler dev`, case by case. answers.json is what Wrangler 4.164.0 answered to the
 * same folder on 2026-11-30 (record_answers.mjs); what is known to differ stands in differences.ts with its reason.
 */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { type AppFiles, TempProject } from "../../support/temp_project.ts";
import { DIFFERENCES } from "./differences.ts";

const text = (name: string) => Deno.readTextFile(new URL(`./${name}`, import.meta.url));

/** The project as it is, but for where its upstream listens. */
async function projectFiles(upstream: string): Promise<AppFiles> {
  const names = ["index.js", "shown.js"];
  for await (const { name } of Deno.readDir(new URL("./cases", import.meta.url))) names.push(`cases/${name}`);
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await text(name)] as const)));
  return { ...files, "wrangler.jsonc": (await text("wrangler.jsonc")).replace("http://127.0.0.1:19191", upstream) };
}

Deno.test("A Workers project answers as under wrangler dev, but where it is known to differ", async () => {
  const { startUpstream } = await import("./upstream.mjs");
  const { askCases } = await import("./asked.mjs");
  const expected = JSON.parse(await text("answers.json")) as Record<string, unknown>;
  const upstream = await startUpstream();
  try {
    await using project = await TempProject.create({
      cases: { files: await projectFiles(upstream.url), config: { outbound: "any", timeout_ms: 60_000 } },
    });
    await using nano = await NanoProcess.start(project.configFile);
    const answers: Record<string, unknown> = await askCases(new URL(nano.url), "cases");
    const differ = Object.keys(expected).filter((name) => {
      return JSON.stringify(sorted(answers[name])) !== JSON.stringify(sorted(expected[name]));
    });
    const known = Object.values(DIFFERENCES).flat();
    const unknown = differ.filter((name) => !known.includes(name));
    assertEquals(
      Object.fromEntries(unknown.map((name) => [name, answers[name]])),
      Object.fromEntries(unknown.map((name) => [name, expected[name]])),
    );
    assertEquals(known.filter((name) => !differ.includes(name)), [], "these are equal by now");
    assertEquals(Object.keys(answers).sort(), Object.keys(expected).sort());
  } finally {
    await upstream.close();
  }
});

/** The order of an object's members is nobody's promise. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort().map(([name, one]) => [name, sorted(one)]));
}
