/** Says which files of a folder are never served: server code, configuration, and what its .assetsignore names. */
import ignore, { type Ignore } from "ignore";
import { join } from "node:path";
import { NanoError } from "../errors.ts";

/** As in Cloudflare Workers: syntax of .gitignore, at the root of the folder. */
const IGNORE_FILE = ".assetsignore";

/**
 * What no client has a use for, wherever it lies and in whatever case: the server half of a build for Cloudflare, its
 * settings, what package managers and tools read, and secrets. A link under another name does not bring it out.
 */
const NEVER = new RegExp(
  `^(?:${
    [
      "_worker\\.(?:[cm]?[jt]s|bundle)(?:\\.map)?",
      "_routes\\.json|_headers|_redirects",
      "node_modules|package(?:-lock)?\\.json|npm-shrinkwrap\\.json|yarn\\.lock|pnpm-(?:lock|workspace)\\.yaml",
      "bun\\.lockb?|bunfig\\.toml|deno\\.(?:jsonc?|lock)|jsr\\.jsonc?|tsconfig(?:\\..*)?\\.json",
      "wrangler\\.(?:toml|jsonc?)|nano\\.json",
      "\\.dev\\.vars.*|\\.env.*|\\.(?:git|hg|svn|nano|wrangler|ssh)|\\.(?:npm|yarn)rc.*|\\.(?:git|nano|assets)ignore",
    ].join("|")
  })$`,
  "i",
);

/** A coded variant says what the file itself says. */
const CODED = /\.(?:br|gz|zst)$/i;

/** An app's own file is read into regular expressions on the thread of all apps, so what they may cost is bounded. */
const MAX_IGNORE_BYTES = 16 * 1024;
const MAX_RULES = 100;
const MAX_RULE_CHARS = 200;
/** A pattern with n of them takes the n-th power of a name's length to fail. */
const MAX_WILDCARDS = 2;
/** As of other files: an edit takes effect within 2 s. */
const TRUSTED_MS = 1000;

interface Rules {
  readonly at: number;
  /** Changes with the file. */
  readonly stamp: string;
  readonly matcher: Ignore | null;
}

/** What is not served of one folder. */
export class AssetExclusions {
  readonly #root: string;
  readonly #now: () => number;
  #rules: Promise<Rules> | null = null;
  #checkedAt = -Infinity;

  /** @param now a monotonic clock, ms */
  constructor(root: string, now: () => number) {
    this.#root = root;
    this.#now = now;
  }

  /**
   * Whether a file stays unserved.
   * @param name below the folder, with `/`: as it was asked for, or as links lead to it
   * @throws {NanoError} CONFIG_INVALID when .assetsignore cannot be used: what it hides must not come out
   */
  async exclude(name: string): Promise<boolean> {
    if (name === "") return false;
    const plain = name.replace(CODED, "");
    const names = plain === name ? [name] : [name, plain];
    if (names.some((one) => one.split("/").some((part) => NEVER.test(part)))) return true;
    const { matcher } = await this.#rulesNow();
    return matcher !== null && names.some((one) => one !== "" && !one.endsWith("/") && matcher.ignores(one));
  }

  #rulesNow(): Promise<Rules> {
    if (this.#rules !== null && this.#now() - this.#checkedAt < TRUSTED_MS) return this.#rules;
    const before = this.#rules;
    this.#checkedAt = this.#now();
    const rules = this.#read(before);
    this.#rules = rules;
    rules.catch(() => this.#rules === rules && (this.#rules = null));
    return rules;
  }

  async #read(before: Promise<Rules> | null): Promise<Rules> {
    const at = this.#now();
    const known = await before?.catch(() => null);
    const path = join(this.#root, IGNORE_FILE);
    let text: string;
    let stamp: string;
    try {
      const { isFile, size, mtime, ino } = await Deno.stat(path);
      if (!isFile) throw unusable("it is no file");
      if (size > MAX_IGNORE_BYTES) throw unusable(`it is longer than ${MAX_IGNORE_BYTES} bytes`);
      stamp = `${size} ${mtime?.getTime()} ${ino}`;
      if (known?.stamp === stamp) return known;
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return { at, stamp: "", matcher: null };
      }
      if (error instanceof NanoError) throw error;
      throw unusable("it cannot be read", error);
    }
    return { at, stamp, matcher: ignore().add(rulesOf(text)) };
  }
}

function rulesOf(text: string): string[] {
  const rules = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (rules.length > MAX_RULES) throw unusable(`it has more than ${MAX_RULES} rules`);
  for (const [at, rule] of rules.entries()) {
    if (rule.length > MAX_RULE_CHARS) throw unusable(`rule ${at + 1} is longer than ${MAX_RULE_CHARS} characters`);
    const parts = rule.split("/");
    const folders = parts.filter((part) => /^\*\*+$/.test(part)).length;
    const most = Math.max(
      ...parts.filter((part) => !/^\*\*+$/.test(part)).map((part) => part.split(/\*+/).length - 1),
      0,
    );
    if (folders > MAX_WILDCARDS || most > MAX_WILDCARDS) {
      throw unusable(`rule ${at + 1} has more than ${MAX_WILDCARDS} wildcards in one name`);
    }
  }
  return rules;
}

function unusable(why: string, cause?: unknown): NanoError {
  return new NanoError("CONFIG_INVALID", `Cannot use ${IGNORE_FILE}: ${why}`, { cause });
}
