/** Compiles NANO as its task does, with or without the program that makes it run. */
import { compileArgs, leftOut } from "../../docs/deploy/compile.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { EmbeddedArchive } from "./embedded_archive.ts";

/**
 * Compiles to a file.
 *
 * @param denort the program that the binary is made from, unless Deno has it
 * @throws Error with all that the compiler said
 */
export async function compileNano(output: string, denort?: string): Promise<void> {
  const [command, ...args] = compileArgs({ output, exclude: await leftOut() });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    // Types are checked once for all, by deno task check.
    args: [command!, "--no-check", ...args],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1", ...denort === undefined ? {} : { DENORT_BIN: denort } },
  }).output();
  if (!success) throw new Error(`deno compile failed:\n${new TextDecoder().decode(stderr).slice(-4000)}`);
}

/**
 * Compiles what cannot run but can be looked into: any program will do as denort, for Deno only puts it in front.
 *
 * @throws Error with all that the compiler said
 */
export async function compileToLookInto(): Promise<EmbeddedArchive> {
  const folder = await Deno.makeTempDir({ prefix: "nano-binary-" });
  try {
    await compileNano(`${folder}/nano`, "/bin/true");
    return EmbeddedArchive.parse(await Deno.readFile(`${folder}/nano`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
