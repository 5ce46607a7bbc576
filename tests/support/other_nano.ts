/** Another version of NANO beside this one: its sources with a few places changed. */
import { copyFolder } from "./copy_folder.ts";
import { fromFileUrl, REPO } from "./repo.ts";

/** All that a NANO is run from. */
const FOLDERS = ["admin", "runtime", "tests/std"];
const FILES = ["mod.ts", "deno.json", "deno.lock"];

/** A text of a file, which is there once, and what stands in its place. */
export interface SourceEdit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Copies what NANO is run from, changes some of it, and gives it another version.
 * @param dir is made
 * @throws {Error} when an edit does not find its text once: what it changes has moved
 */
export async function otherNano(
  dir: string,
  { version, edits }: { readonly version: string; readonly edits: readonly SourceEdit[] },
): Promise<void> {
  const repo = fromFileUrl(REPO);
  await Deno.mkdir(`${dir}/tests`, { recursive: true });
  for (const folder of FOLDERS) await copyFolder(`${repo}${folder}`, `${dir}/${folder}`);
  for (const file of FILES) await Deno.copyFile(`${repo}${file}`, `${dir}/${file}`);
  const { version: own } = JSON.parse(await Deno.readTextFile(`${repo}deno.json`));
  const renamed = { file: "deno.json", from: `"version": "${own}"`, to: `"version": "${version}"` };
  for (const { file, from, to } of [renamed, ...edits]) {
    const parts = (await Deno.readTextFile(`${dir}/${file}`)).split(from);
    if (parts.length !== 2) throw new Error(`"${from}" is ${parts.length - 1} times in ${file}`);
    await Deno.writeTextFile(`${dir}/${file}`, parts.join(to));
  }
}
