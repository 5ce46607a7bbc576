/** Reads keys of a Workers project's file by its environments, and collects what has to be said of them. */
import type { WranglerFile } from "./wrangler_file.ts";

/** Keys that an environment takes over from the top level; all others it has to name itself (wrangler's own rule). */
const INHERITED: ReadonlySet<string> = new Set([
  "main",
  "route",
  "routes",
  "assets",
  "triggers",
  "rules",
  "alias",
  "build",
  "find_additional_modules",
  "compatibility_date",
  "compatibility_flags",
]);

/** Reads keys of a file, those of an environment first. */
export class WranglerReader {
  readonly notes: string[] = [];
  readonly #file: WranglerFile;
  readonly #environment: string | null;
  readonly #own: Readonly<Record<string, unknown>> | null;

  constructor(file: WranglerFile, environment: string | null) {
    this.#file = file;
    const all = file.document["env"] as Record<string, Record<string, unknown>> | undefined;
    this.#own = environment === null ? null : all?.[environment] ?? null;
    this.#environment = this.#own === null ? null : environment;
    if (environment !== null && this.#own === null) {
      this.note(`there is no environment "${environment}": the top level holds`, ["env"]);
    }
  }

  value(key: string): unknown {
    if (this.#own === null) return this.#file.document[key];
    return this.#own[key] ?? (INHERITED.has(key) ? this.#file.document[key] : undefined);
  }

  text(key: string): string | null {
    const value = this.value(key);
    return typeof value === "string" && value !== "" ? value : null;
  }

  object(key: string): Readonly<Record<string, unknown>> | null {
    const value = this.value(key);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  }

  /** As people find it. */
  where(path: readonly (string | number)[]): string {
    const own = this.#environment === null ? path : ["env", this.#environment, ...path];
    const line = this.#file.lineOf(own) ?? this.#file.lineOf(path);
    return line === null ? this.#file.shown : `${this.#file.shown}, line ${line}`;
  }

  note(text: string, path: readonly (string | number)[]): void {
    this.notes.push(`${this.where(path)}: ${text}`);
  }
}
