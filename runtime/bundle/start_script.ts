/** Reads from the scripts of a package.json which file they start. */

/** Those that start what is served, the likelier first; "start" of a project in development may be its build tool. */
const SCRIPTS = ["start:prod", "start", "serve", "server", "preview", "dev"];
const PROGRAMS = new Set(["node", "tsx", "ts-node", "ts-node-dev", "tsnd", "nodemon", "node-dev", "babel-node", "bun"]);
/** Options of theirs that a word of its own follows. */
const WITH_VALUE = new Set(["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"]);
/** Words of theirs before the file. */
const MODES = new Set(["watch", "run"]);

/**
 * Names of the files that the scripts hand to Node or the like, with or without their endings.
 *
 * @param scripts `scripts` of package.json, whatever that holds.
 *
 * @example
 * ```ts
 * import { startedFiles } from "./start_script.ts";
 * startedFiles({ start: "NODE_ENV=production node ./bin/www" }); // ["./bin/www"]
 * ```
 */
export function startedFiles(scripts: unknown): string[] {
  if (typeof scripts !== "object" || scripts === null) return [];
  // Angular calls it by the name of its project: "serve:ssr:shop"
  const more = Object.keys(scripts).filter((name) => name.startsWith("serve:"));
  return [...SCRIPTS, ...more].flatMap((name) => {
    const script: unknown = Object.hasOwn(scripts, name) ? Reflect.get(scripts, name) : undefined;
    return typeof script === "string" ? script.split(/&&|;|\|\|?/).flatMap(startedFile) : [];
  });
}

function startedFile(command: string): string[] {
  const words = command.trim().split(/\s+/);
  const program = words.findIndex((word) => PROGRAMS.has(word));
  // Before the program there may be variables, and what sets them.
  if (program === -1 || !words.slice(0, program).every((word) => word === "cross-env" || /^\w+=/.test(word))) return [];
  for (let at = program + 1; at < words.length; at++) {
    const word = words[at]!.replace(/^(["'])(.*)\1$/, "$2");
    if (WITH_VALUE.has(word)) at++;
    else if (!word.startsWith("-") && !MODES.has(word)) return word.split("/").includes("node_modules") ? [] : [word];
  }
  return [];
}
