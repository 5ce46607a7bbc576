/** Which D1 database a command is about. */
import { CliError } from "../../process/cli_error.ts";
import type { ArgumentDoc, OptionDoc } from "../line/command_doc.ts";
import type { Online } from "./online_command.ts";

/** A database, or the binding of one. */
export const DATABASE: ArgumentDoc = { name: "DATABASE", required: true };

/** For a binding that several apps have. */
export const DATABASE_OPTIONS: readonly OptionDoc[] = [
  { name: "app", value: "APP", summary: "whose binding DATABASE is, when several apps have it", completes: "app" },
];

/**
 * The name of the database that an argument means: a name first, then a binding, or what wrangler calls it.
 * @throws {CliError} USAGE when a binding leads to several
 */
export async function databaseOf({ line, client }: Online): Promise<string> {
  const given = line.required("DATABASE");
  const app = line.text("app");
  const databases = await client.d1.databases();
  if (app === null && databases.some(({ name }) => name === given)) return given;
  const found = databases.filter(({ name, titles, uses }) =>
    uses.some((use) => [use.binding, name, ...titles].includes(given) && (app === null || use.app === app))
  );
  if (found.length === 1) return found[0]!.name;
  if (found.length === 0) {
    const known = databases.length === 0
      ? "there is no database"
      : `there are ${databases.map(({ name }) => name).join(", ")}`;
    throw new CliError(
      "USAGE",
      `No D1 database${app === null ? "" : ` of app "${app}"`} is called "${given}": ${known}`,
    );
  }
  const apps = found.flatMap(({ uses }) => uses.map((use) => use.app));
  throw new CliError("USAGE", `Several apps have a D1 database by the name "${given}": give --app APP`, apps);
}
