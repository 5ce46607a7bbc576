/** Reads the form that adds an app. */
import { NanoError } from "../../runtime/mod.ts";
import type { NewAppForm } from "./new_app_page.tsx";

/** What was written, as it was. */
export function newAppForm(fields: Readonly<Record<string, string>>): NewAppForm {
  const { name = "", path = "", hostname = "", env = "" } = fields;
  return { name, path, hostname, env };
}

/**
 * The entry as in `apps[]` of nano.json.
 * @throws {NanoError} USAGE for a line of the environment that is none
 */
export function newAppEntry({ name, path, hostname, env }: NewAppForm): Record<string, unknown> {
  const hosts = hostname.split(/[\s,]+/).filter((host) => host !== "");
  const variables = envOf(env);
  return {
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    path: path.trim(),
    ...(hosts.length === 0 ? {} : { hostname: hosts.length === 1 ? hosts[0] : hosts }),
    ...(Object.keys(variables).length === 0 ? {} : { env: variables }),
  };
}

function envOf(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line: line.trim(), at: at + 1 })).filter(({ line }) =>
    line !== "" && !line.startsWith("#")
  );
  return Object.fromEntries(lines.map(({ line, at }) => {
    const sign = line.indexOf("=");
    if (sign < 1) throw new NanoError("USAGE", `Cannot read line ${at} of the environment: write NAME=value`);
    return [line.slice(0, sign).trim(), line.slice(sign + 1)];
  }));
}
