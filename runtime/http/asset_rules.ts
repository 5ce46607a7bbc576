/** Keeps `_headers` and `_redirects` of a folder of static files, and reads them anew when they change. */
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { HeaderList } from "../protocol/header_block.ts";
import { HeaderRules } from "./header_rules.ts";
import { RedirectRules } from "./redirect_rules.ts";
import { canonicalPath } from "./rule_pattern.ts";

const HEADERS_FILE = "_headers";
const REDIRECTS_FILE = "_redirects";
/** 2100 rules of the greatest length that Cloudflare takes. */
const MAX_BYTES = 2100 * 2000;
/** As of other files: an edit takes effect within 2 s. */
const TRUSTED_MS = 1000;

/** What the two files say. */
interface FolderRules {
  readonly headers: HeaderRules | null;
  readonly redirects: RedirectRules | null;
}

/** What a rule makes of a request: the client is sent elsewhere, or gets the file of another URL. */
export type Redirected = { readonly status: number; readonly location: string } | { readonly servedUrl: string };

/** Every mistake in the rules of a folder, with file and line. @param root absolute, or null without one */
export async function assetRuleMistakes(root: string | null): Promise<string[]> {
  return root === null ? [] : await new AssetRules(root, () => 0).mistakes();
}

interface Kept<R> {
  /** Changes with the file; "" without one. */
  readonly stamp: string;
  readonly rules: R | null;
  /** Why the whole file has no effect. */
  readonly problem: string | null;
}

const ABSENT = { stamp: "", rules: null, problem: null };

/** The rules of one folder. */
export class AssetRules {
  readonly #root: string;
  readonly #now: () => number;
  #headers: Kept<HeaderRules> = ABSENT;
  #redirects: Kept<RedirectRules> = ABSENT;
  #read: Promise<FolderRules> | null = null;
  #checkedAt = -Infinity;

  /** @param root absolute @param now a monotonic clock, ms */
  constructor(root: string, now: () => number) {
    this.#root = root;
    this.#now = now;
  }

  /** Null where no rule holds. @param url absolute */
  async redirect(url: string): Promise<Redirected | null> {
    const { redirects } = await this.#current();
    if (redirects === null) return null;
    const asked = new URL(url);
    const rule = redirects.match(asked.hostname, canonicalPath(asked.pathname));
    if (rule === null) return null;
    // "//evil.example" filled into "/:splat" must stay a path of this site.
    const to = rule.to.replace(/^[/\\]+/, "/");
    if (!URL.canParse(to, url)) return null;
    const { status } = rule;
    const { origin, protocol, host, pathname: written, search, hash } = new URL(to, url);
    const pathname = origin === asked.origin ? written.replace(/\/{2,}/g, "/") : written;
    const whole = `${pathname}${search || asked.search}${hash}`;
    if (status === 200) return { servedUrl: `${asked.origin}${pathname}${asked.search}` };
    return { status, location: origin === asked.origin ? whole : `${protocol}//${host}${whole}` };
  }

  /** An answer's headers as the rules have them. @param url absolute, as it was asked for */
  async headersFor(url: string, headers: HeaderList): Promise<HeaderList> {
    const rules = (await this.#current()).headers;
    if (rules === null) return headers;
    const { hostname, pathname } = new URL(url);
    return rules.apply(headers, hostname, canonicalPath(pathname));
  }

  /** As they are now; never rejects: a mistake in them does not stop the site. */
  #current(): Promise<FolderRules> {
    if (this.#read !== null && this.#now() - this.#checkedAt < TRUSTED_MS) return this.#read;
    this.#checkedAt = this.#now();
    this.#read = this.#readNow();
    return this.#read;
  }

  /** Every mistake in them, with file and line. */
  async mistakes(): Promise<string[]> {
    await this.#current();
    return [...told(HEADERS_FILE, this.#headers), ...told(REDIRECTS_FILE, this.#redirects)];
  }

  async #readNow(): Promise<FolderRules> {
    this.#headers = await this.#kept(HEADERS_FILE, this.#headers, (text) => new HeaderRules(text));
    this.#redirects = await this.#kept(REDIRECTS_FILE, this.#redirects, (text) => new RedirectRules(text));
    return { headers: this.#headers.rules, redirects: this.#redirects.rules };
  }

  async #kept<R>(name: string, before: Kept<R>, parse: (text: string) => R): Promise<Kept<R>> {
    const path = join(this.#root, name);
    try {
      const { isFile, size, mtime, ino } = await Deno.stat(path);
      const stamp = `${size} ${mtime?.getTime()} ${ino}`;
      if (stamp === before.stamp) return before;
      if (!isFile) return { stamp, rules: null, problem: "it is no file" };
      if (size > MAX_BYTES) return { stamp, rules: null, problem: `it is longer than ${MAX_BYTES} bytes` };
      const text = (await Deno.readTextFile(path)).replace(/^\ufeff/, "");
      return { stamp, rules: parse(text), problem: null };
    } catch (error) {
      const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
      return isAbsent ? ABSENT : { stamp: "", rules: null, problem: `it cannot be read (${messageOf(error)})` };
    }
  }
}

function told(file: string, { rules, problem }: Kept<HeaderRules | RedirectRules>): string[] {
  if (problem !== null) return [`${file} has no effect: ${problem}`];
  return (rules?.mistakes ?? []).map(({ line, why }) => `${file}, line ${line} has no effect: ${why}`);
}
