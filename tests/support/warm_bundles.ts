/** Spares a NANO under test the bundling of its own code, which is the same for each of a run. */
import { dirname, join, resolve } from "node:path";

/** Name of the environment variable that says where a run keeps the bundles that make_bundles.ts has made. */
export const BUNDLES_NAME = "NANO_TEST_BUNDLES";

/**
 * Puts the run's bundles where the NANO of a nano.json looks for them, as an earlier start of it would have. Without a
 * run, or where there is something already, all stays as it is; so does what is no nano.json, for NANO itself to refuse.
 * Copies, since a NANO may do with its state folder what it likes. Cold starts are those by `NanoProcess.spawn`.
 */
export async function warmBundles(configFile: string): Promise<void> {
  const made = Deno.env.get(BUNDLES_NAME);
  const stateDir = made === undefined ? null : await stateDirOf(configFile);
  if (made === undefined || stateDir === null) return;
  const into = join(stateDir, "bundles");
  try {
    await Deno.lstat(stateDir);
    return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
  }
  await Deno.mkdir(into, { recursive: true, mode: 0o700 });
  for await (const { name } of Deno.readDir(made)) await Deno.copyFile(join(made, name), join(into, name));
}

async function stateDirOf(configFile: string): Promise<string | null> {
  try {
    const { state_dir: named = ".nano" } = JSON.parse(await Deno.readTextFile(configFile));
    const folder = resolve(dirname(configFile), named);
    // Any other is there for what it is: of another file system, or of another NANO
    return dirname(folder) === dirname(resolve(configFile)) ? folder : null;
  } catch {
    return null;
  }
}
