/** The error for a word that the command line does not know. */
import { CliError } from "../../process/cli_error.ts";

/**
 * An error that names the nearest known word.
 * @param what kind of word, as `option`
 */
export async function unknownWord(what: string, word: string, known: readonly string[]): Promise<CliError> {
  // Loaded on failure only: the guardian's process does without the runtime.
  const { nearestKey } = await import("../../../runtime/mod.ts");
  const nearest = nearestKey(word.split("=")[0]!, known);
  const hint = nearest === null ? "" : `. Did you mean "${nearest}"?`;
  return new CliError("USAGE", `Unknown ${what} "${word}"${hint}`);
}
