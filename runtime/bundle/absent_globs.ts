/** Lets a `require` of something in a folder that is not there fail where it is asked for, as in Node: esbuild would fail the bundle. */
import { join } from "node:path";
import { pathExists } from "./app_files.ts";

/** `require("./build/" + type + "/addon")`, or a template of the same, up to the end of its first part. */
const IN_FOLDER =
  /\b(require|import)\(\s*(?:(["'])(\.\.?\/[^"'\n]*\/)[^"'\n/]*\2(?=\s*\+)|`(\.\.?\/[^`$\n]*\/)[^`$\n/]*(?=\$\{))/g;

/**
 * The text of a module in which such calls are none that esbuild looks up.
 * @param folder where the module lies
 * @param present absolute paths of the folders that are there are added: all that lies in them is bundled
 */
export async function withoutAbsentGlobs(text: string, folder: string, present: Set<string>): Promise<string> {
  let whole = text;
  for (const [call, asking, , joined, inTemplate] of text.matchAll(IN_FOLDER)) {
    const path = joined ?? inTemplate!;
    if (await pathExists(join(folder, path))) {
      present.add(join(folder, path));
      continue;
    }
    const rest = call.slice(call.indexOf("(") + 1);
    // Without a quote: it may stand in a text, as in a message that shows such a call
    whole = whole.replace(call, () => `${asking}([].join() + ${rest}`);
  }
  return whole;
}
