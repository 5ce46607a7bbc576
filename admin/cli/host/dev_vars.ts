/** Secrets of a project at the desk, as wrangler reads them: .dev.vars, else .env. */
import { join } from "node:path";
import { parseEnv } from "node:util";

/** Names of variables that an app may have. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads them.
 * @param environment its own file holds, where there is one: `.dev.vars.staging`
 */
export async function devVars(folder: string, environment: string | null): Promise<Record<string, string>> {
  const own = environment === null ? [] : [`.${environment}`];
  for (const name of [".dev.vars", ".env"]) {
    for (const ending of [...own, ""]) {
      const text = await textOf(join(folder, name + ending));
      if (text !== null) return Object.fromEntries(Object.entries(parsed(text)).filter(([key]) => NAME.test(key)));
    }
  }
  return {};
}

function parsed(text: string): Record<string, string> {
  return parseEnv(text) as Record<string, string>;
}

/** Null when there is none, also where the app is a file. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
