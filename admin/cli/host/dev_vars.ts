/** Secrets of a project at the desk, as wrangler reads them: .dev.vars, else .env. */
import { join } from "node:path";
import { parseEnv } from "node:util";

/** Names of variables that an app may have. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads them: the first of `.dev.vars.staging` and `.dev.vars`, or where there is neither all of `.env`, `.env.local`,
 * `.env.staging` and `.env.staging.local`, of which the later wins. What wrangler would expand (`$NAME`) stays as it is.
 * @param folder absolute path of the project
 * @param environment name of the environment, "staging" here
 */
export async function devVars(folder: string, environment: string | null): Promise<Record<string, string>> {
  const endings = environment === null ? [""] : [`.${environment}`, ""];
  const read = (name: string) => textOf(join(folder, name));
  for (const ending of endings) {
    const text = await read(`.dev.vars${ending}`);
    if (text !== null) return named(parsed(text));
  }
  const all: Record<string, string> = {};
  for (const ending of endings.toReversed()) {
    for (const file of [`.env${ending}`, `.env${ending}.local`]) Object.assign(all, parsed(await read(file) ?? ""));
  }
  return named(all);
}

function named(all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => NAME.test(key)));
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
