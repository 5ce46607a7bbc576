import { assertEquals } from "@std/assert";
import childProcess from "node:child_process";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { esbuildService } from "../../../runtime/bundle/esbuild_service.ts";
import { loadConfig, Nano } from "../../../runtime/mod.ts";
import { TempProject } from "../../support/temp_project.ts";

const MODULES = 200;

/** Counts how often esbuild's process is started while `work` runs. */
async function countSpawns(work: () => Promise<unknown>): Promise<number> {
  await esbuildService.stopIfIdle();
  const { spawn } = childProcess;
  let spawns = 0;
  childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
    spawns++;
    return spawn(...args);
  }) as typeof spawn;
  try {
    await work();
  } finally {
    childProcess.spawn = spawn;
  }
  return spawns;
}

function modules(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index < count; index++) {
    const lines = Array.from(
      { length: 30 },
      (_, line) => `export function f${line}(n: number) { return n + ${line}; }`,
    );
    const next = index + 1 < count ? `import { f0 as next } from "./m${index + 1}.ts";\nnext(1);\n` : "";
    files[`src/m${index}.ts`] = next + lines.join("\n");
  }
  files["index.ts"] = 'import { f1 } from "./src/m0.ts"; export default { fetch: () => new Response(String(f1(1))) };';
  return files;
}

Deno.test(`Bundling ${MODULES} modules takes them all in, cold and warm`, async () => {
  await using project = await TempProject.create({ big: { files: modules(MODULES) } });
  const source = { name: "big", path: `${project.dir}/apps/big`, nodeCompat: true };
  const bundle = async () => {
    await using bundler = new Bundler({ cacheDir: `${project.dir}/cache` });
    const startedAt = performance.now();
    const made = await bundler.bundle(source);
    assertEquals(made.inputs.length, MODULES + 1);
    return performance.now() - startedAt;
  };
  const coldMs = await bundle();
  const warmMs: number[] = [];
  for (let round = 0; round < 5; round++) warmMs.push(await bundle());
  console.log(
    `${MODULES} modules: cold ${coldMs.toFixed(0)} ms, warm ${warmMs.map((ms) => ms.toFixed(0)).join(" ")} ms`,
  );
});

Deno.test({
  name: "The second start of an unchanged app bundles nothing, and an edit does",
  // The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    await using project = await TempProject.create({ one: { files: modules(3) } }, {
      default_app: "one",
      admin: false,
    });
    const start = async (expected: string) => {
      await using nano = await Nano.start(await loadConfig(project.configFile), { write: () => {} });
      assertEquals(await (await fetch(nano.url)).text(), expected);
    };
    assertEquals(await countSpawns(() => start("2")), 1);
    assertEquals(await countSpawns(() => start("2")), 0);
    await project.writeFile("one", "src/m0.ts", "export const f1 = (n: number) => n + 40;");
    assertEquals(await countSpawns(() => start("41")), 1);
  },
});
