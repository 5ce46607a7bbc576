/** Looks for denort, the program that a compiled binary is made from. */
import { join } from "node:path";

/** @returns nothing when it is at hand, else why the binary cannot be tried */
export async function whyNoDenort(): Promise<string | undefined> {
  const given = Deno.env.get("DENORT_BIN");
  if (given !== undefined) {
    return await isFile(given) ? undefined : `DENORT_BIN names ${given}, which is no file`;
  }
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string };
  const file = `dl/release/v${Deno.version.deno}/denort-${Deno.build.target}.zip`;
  return await isFile(join(denoDir, file)) ? undefined : `DENORT_BIN is not set, and Deno's cache has no ${file}`;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
