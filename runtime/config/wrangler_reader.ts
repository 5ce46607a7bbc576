/** Reads keys of a Workers project's file by its environments, and collects what has to be said of them. */
import { type WranglerFile, WranglerFileError } from "./wrangler_file.ts";

/** Keys that an environment takes over from the top level; all others it has to name itself (wrangler's own rule). */
const INHERITED: ReadonlySet<string> = new Set([
  "main",
  "route",
  "routes",
  "assets",
  "triggers",
  "rules",
  "tsconfig",
  "jsx_factory",
  "jsx_fragment",
  "build",
  "find_additional_modules",
  "compatibility_date",
  "compatibility_flags",
]);

/** Keys that wrangler looks for at the top level alone. */
const TOP_ONLY: ReadonlySet<string> = new Set(["alias"]);

/** Keys with which people expect to be inherited what is not: each that holds something here, as wrangler warns of them. */
const EXPECTED: readonly string[] = [
  "vars",
  "define",
  "services",
  "kv_namespaces",
  "d1_databases",
  "r2_buckets",
  "queues",
  "ratelimits",
  "version_metadata",
];

/** Reads keys of a file, those of an environment first. */
export class WranglerReader {
  readonly notes: string[] = [];
  readonly #file: WranglerFile;
  readonly #environment: string | null;
  readonly #own: Readonly<Record<string, unknown>> | null;

  /** @throws {WranglerFileError} when the file has environments, and this one is none of them, as wrangler says it */
  constructor(file: WranglerFile, environment: string | null) {
    this.#file = file;
    // A build tool wrote it for one environment: what is in it holds whole.
    if (file.isBuilt || environment === null) {
      this.#environment = null;
      this.#own = null;
      const target = file.document["targetEnvironment"];
      if (environment !== null && typeof target === "string" && target !== environment) {
        throw new WranglerFileError(
          `${file.shown} was built for environment "${target}", not for "${environment}": build the project again`,
        );
      }
      return;
    }
    this.#environment = environment;
    this.#own = null;
    const all = this.#record(["env"], file.document["env"]) ?? {};
    this.#own = Object.hasOwn(all, environment) ? this.#record(["env", environment], all[environment]) : null;
    // Pages' production and preview are there whether the file names them or not.
    if (this.#own === null && file.document["pages_build_output_dir"] === undefined) this.#tellAbsent(all);
    for (const key of this.#own === null ? [] : EXPECTED) {
      if (this.#own![key] !== undefined || file.document[key] === undefined) continue;
      this.note(`"${key}" is not inherited by environment "${environment}", which has none of its own`, [key]);
    }
  }

  #record(path: readonly string[], value: unknown): Readonly<Record<string, unknown>> | null {
    if (value === undefined) return null;
    if (isRecord(value)) return value;
    throw new WranglerFileError(
      `${this.where(path)}: "${path.join(".")}" is ${JSON.stringify(value)}: expected an object`,
    );
  }

  #tellAbsent(all: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(all).map((name) => `"${name}"`);
    const absent = `there is no environment "${this.#environment}"`;
    if (names.length > 0) throw new WranglerFileError(`${this.where(["env"])}: ${absent} but ${names.join(", ")}`);
    this.note(`${absent}: the top level holds`, ["env"]);
  }

  /** All that hold something, in the order of the file. */
  keys(): string[] {
    const all = new Set([...Object.keys(this.#file.document), ...Object.keys(this.#own ?? {})]);
    return [...all].filter((key) => this.value(key) !== undefined);
  }

  value(key: string): unknown {
    const top = this.#file.document[key];
    if (this.#environment === null || TOP_ONLY.has(key)) return top;
    // Each environment is a Worker of its own, which wrangler names so
    if (key === "name") return this.#own?.[key] ?? (typeof top === "string" ? `${top}-${this.#environment}` : top);
    if (this.#own === null) return top;
    return this.#own[key] ?? (INHERITED.has(key) ? top : undefined);
  }

  text(key: string): string | null {
    const value = this.value(key);
    return typeof value === "string" && value !== "" ? value : null;
  }

  object(key: string): Readonly<Record<string, unknown>> | null {
    const value = this.value(key);
    return isRecord(value) ? value : null;
  }

  /** As people find it. */
  where(path: readonly (string | number)[]): string {
    const own = this.#own === null ? path : ["env", this.#environment!, ...path];
    const line = this.#file.lineOf(own) ?? this.#file.lineOf(path);
    return line === null ? this.#file.shown : `${this.#file.shown}, line ${line}`;
  }

  note(text: string, path: readonly (string | number)[]): void {
    this.notes.push(`${this.where(path)}: ${text}`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
