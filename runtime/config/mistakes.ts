/** Collects all mistakes of a configuration as lines: JSON path, value, and what would be right. */
import type { z } from "zod";
import { NanoError } from "../errors.ts";

/** Where a value stands in the document. */
export type ConfigPath = readonly (string | number)[];

const MAX_SHOWN_LENGTH = 60;

/** The mistakes found so far. */
export class Mistakes {
  readonly #lines: string[] = [];
  /** By their rendered form, in the order of finding. */
  readonly #paths = new Map<string, ConfigPath>();

  /** Another collection that begins with these. */
  copy(): Mistakes {
    const copy = new Mistakes();
    for (const line of this.#lines) copy.#lines.push(line);
    for (const [where, path] of this.#paths) copy.#paths.set(where, path);
    return copy;
  }

  /** Adds a line as it is. */
  addLine(line: string): void {
    this.#lines.push(line);
  }

  /** Adds a wrong or missing value; of several mistakes at one place only the first is kept. */
  add(path: ConfigPath, value: unknown, remedy: string): void {
    this.#add(path, `${shown(value, isSecret(path))}: ${remedy}`);
  }

  /** Adds a variable that is wrong whatever its value, so the value is not shown. */
  addVariableName(path: ConfigPath, remedy: string): void {
    this.#add(path, `no valid name: ${remedy}`);
  }

  /** Adds what the schema found in a document. */
  addIssues(issues: readonly z.core.$ZodIssue[], document: unknown): void {
    for (const issue of issues) this.#addIssue(issue, [], document);
  }

  /** The document without the values that are wrong, so that the other checks can go on with the rest. */
  withoutMistakes(document: unknown): unknown {
    const copies = new Set<object>();
    return [...this.#paths.values()].reduce<unknown>((value, path) => without(value, path, copies), document);
  }

  /** Whether there is one at this very place. */
  has(path: ConfigPath): boolean {
    return this.#paths.has(renderPath(path));
  }

  /**
   * Ends the check.
   *
   * @throws {NanoError} CONFIG_INVALID with all lines in `details`, when there is a mistake
   */
  throwIfAny(subject: string): void {
    const [first, ...others] = this.#lines;
    if (first === undefined) return;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw new NanoError("CONFIG_INVALID", `Cannot use ${subject}: ${first}${more}`, { details: this.#lines });
  }

  #add(path: ConfigPath, problem: string): void {
    const where = renderPath(path);
    if (this.#paths.has(where)) return;
    this.#paths.set(where, path);
    this.#lines.push(`${where} is ${problem}`);
  }

  #addIssue(issue: z.core.$ZodIssue, parent: ConfigPath, document: unknown): void {
    // Symbols cannot come up: the path of an issue is made of keys of the document.
    const path = [...parent, ...issue.path] as ConfigPath;
    switch (issue.code) {
      case "unrecognized_keys": {
        const remedies = issue.message.split("\n");
        issue.keys.forEach((key, index) => this.#add([...path, key], `no known key: ${remedies[index]}`));
        return;
      }
      case "invalid_key":
        this.addVariableName(path, issue.issues[0]?.message ?? issue.message);
        return;
      case "invalid_union": {
        const branch = nearestBranch(issue.errors);
        if (branch === undefined) break;
        for (const inner of branch) this.#addIssue(inner, path, document);
        return;
      }
    }
    // What stands below a secret in a wrong way may be the secret itself.
    this.#add(path, `${shown(valueAt(document, path), isSecret(path, true))}: ${issue.message}`);
  }
}

/** A path as it is written in JavaScript: `apps[2].env["a-b"]`. */
export function renderPath(path: ConfigPath): string {
  if (path.length === 0) return "The document";
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (!/^[A-Za-z_$][\w$]*$/.test(key)) text += `[${shortened(JSON.stringify(key))}]`;
    else text += `${text === "" ? "" : "."}${shortened(key)}`;
  }
  return text;
}

/** Of the ways in which a value may be written, the one that was clearly meant: right in kind, with the fewest mistakes. */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]) {
  const [nearest, second] = branches
    .filter((issues) => !issues.some((issue) => issue.path.length === 0 && issue.code !== "unrecognized_keys"))
    .sort((a, b) => a.length - b.length);
  return nearest?.length === second?.length ? undefined : nearest;
}

function shown(value: unknown, secret: boolean): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "boolean") return String(value);
  if (secret) return typeof value === "string" ? "text" : `a ${typeof value}`;
  // A login may stand in a URL where none is taken.
  if (typeof value === "string") return shortened(JSON.stringify(value.replace(/(:\/\/)[^/@\s]+@/, "$1…@")));
  if (typeof value === "number") return String(value);
  return `a ${typeof value}`;
}

/**
 * Whether what stands there may be a secret, even if it was written in a wrong way.
 * @param below whether the values of `from_env` and `from_file` count too: names, as long as they are written rightly
 */
function isSecret([first, second, third, ...rest]: ConfigPath, below = false): boolean {
  if (first === "admin" || first === "install") {
    return second === undefined || (second === "token" && (below || third === undefined));
  }
  if (first === "fleet" && (second === "postgres" || second === "credentials")) return below || third === undefined;
  return first === "apps" && third === "env" && (below || rest.length < 2);
}

function shortened(text: string): string {
  if (text.length <= MAX_SHOWN_LENGTH) return text;
  // By characters, so that none of two code units is cut in half.
  return `${[...text.slice(0, 2 * MAX_SHOWN_LENGTH)].slice(0, MAX_SHOWN_LENGTH).join("")}…`;
}

function valueAt(document: unknown, path: ConfigPath): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** A copy of a value without what stands at a path; elements of a list become undefined, so that the others keep their place. */
function without(value: unknown, path: ConfigPath, copies: Set<object>): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return undefined;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return value;
  // Once: a copy of the list for each mistake in it took a minute for 60,000.
  const copy = (copies.has(value) ? value : Array.isArray(value) ? [...value] : { ...value }) as Record<
    string | number,
    unknown
  >;
  copies.add(copy);
  if (rest.length > 0) copy[key] = without(copy[key], rest, copies);
  else if (Array.isArray(copy)) copy[key as number] = undefined;
  else delete copy[key];
  return copy;
}
