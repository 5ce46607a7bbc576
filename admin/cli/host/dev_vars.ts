/** Secrets of a project at the desk, as wrangler reads them: .dev.vars, else .env. */
import { parse } from "dotenv";
import { expand } from "dotenv-expand";
import { join } from "node:path";

/** Names of variables that an app may have. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads them: the first of `.dev.vars.staging` and `.dev.vars`, or where there is neither all of `.env`, `.env.local`,
 * `.env.staging` and `.env.staging.local`, of which the later wins. In those of `.env` `$NAME`, `${NAME:-otherwise}` and
 * `${NAME:+then}` are what the files say of NAME, in their order; this machine's environment has no say.
 * @param folder absolute path of the project
 * @param environment name of the environment, "staging" here
 */
export async function devVars(folder: string, environment: string | null): Promise<Record<string, string>> {
  const endings = environment === null ? [""] : [`.${environment}`, ""];
  const read = (name: string) => textOf(join(folder, name));
  for (const ending of endings) {
    const text = await read(`.dev.vars${ending}`);
    if (text !== null) return named(parse(text));
  }
  const all: Record<string, string> = {};
  for (const ending of endings.toReversed()) {
    for (const file of [`.env${ending}`, `.env${ending}.local`]) Object.assign(all, parse(await read(file) ?? ""));
  }
  return named(expand({ parsed: all, processEnv: {} }).parsed ?? {});
}

function named(all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => NAME.test(key)));
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
