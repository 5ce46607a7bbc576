/** Tries the binary: the real one when denort is at hand, and always what it carries, run by Deno. */
import { compileNano, compileToLookInto } from "./compile_nano.ts";
import { extractNano } from "./extracted_nano.ts";
import { whyNoDenort } from "./find_denort.ts";
import { tryOut } from "./try_out.ts";

const missing = await whyNoDenort();
if (missing !== undefined) console.log(`The compiled binary is NOT run: ${missing}`);

async function inTemp(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-binary-test-" }));
  try {
    await Deno.mkdir(`${folder}/tmp`);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("What the binary embeds is enough to init, serve, restart, show the dashboard, deploy and dev", async () => {
  await inTemp(async (folder) => {
    await tryOut(await extractNano(await compileToLookInto(), folder), `${folder}/tmp`);
  });
});

Deno.test({
  name: "The compiled binary can init, serve under its guardian, restart, show the dashboard, deploy and dev",
  ignore: missing !== undefined,
  fn: () =>
    inTemp(async (folder) => {
      const program = `${folder}/nano`;
      await compileNano(program);
      // Nothing of Deno's cache or of the checkout is needed any more.
      await tryOut({ program: [program], env: { DENO_DIR: `${folder}/none` }, guardian: true }, `${folder}/tmp`);
    }),
});
