/** Tells code and pages that are meant for browsers, or for a build, from what a server can start with. */

import { dirname, join, relative } from "node:path";
import { isInside } from "./app_files.ts";
import { readStamped } from "./input_stamp.ts";

/** Pages of a project before it is built: of Vite, of Create React App, of Angular. */
const PAGES = ["index.html", "public/index.html", "src/index.html"];
const SCRIPT = /<script\b[^>]*?\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi;
/** What no browser runs as it is. */
const SOURCE = /\.(?:[cm]?ts|[jt]sx|vue|svelte|astro)$/;
const ON_A_PAGE =
  /\bdocument\s*\.\s*(?:getElementById|querySelector|body|createElement)\b|\bcreateApp\([^]*\.mount\(|\bbootstrapApplication\(|\bplatformBrowser(?:Dynamic)?\(/;
/** A page may load a file of the same name as a server's, or of no build's. */
const ANSWERS =
  /\bDeno\.serve\b|\.listen\s*\(|\baddEventListener\s*\(\s*["']fetch|\bnew\s+Hono\b|\bfetch\s*(?:\([^)]*\)\s*\{|:)/;
/** Any of the ways in which a module can offer itself to a server. */
const ON_A_SERVER =
  /\bexport\s+default\b|\bexport\s*\{[^}]*\bdefault\b|\bmodule\.exports\b|\bexports\.|\bserve\s*\(|\blisten\s*\(|\baddEventListener\s*\(\s*["']fetch|\bscheduled\b/;

/** The pages of a project folder and what they load. */
export class ProjectPages {
  readonly #root: string;
  /** Scripts by their paths from the folder. */
  readonly #loaded: ReadonlySet<string>;
  /** What the page at the top loads and only a build can make of it, or null. */
  readonly unbuilt: string | null;

  private constructor(root: string, loaded: ReadonlySet<string>, unbuilt: string | null) {
    this.#root = root;
    this.#loaded = loaded;
    this.unbuilt = unbuilt;
  }

  /** @param root real path of the folder */
  static async read(root: string): Promise<ProjectPages> {
    const loaded = new Set<string>();
    let unbuilt: string | null = null;
    for (const page of PAGES) {
      for (const source of scriptsOf(await readText(root, page) ?? "")) {
        if (/^(?:[a-z]+:|\/\/)/i.test(source)) continue;
        const path = join(dirname(page), source.replace(/[?#].*$/, ""));
        loaded.add(path);
        if (page === "index.html" && (SOURCE.test(path) || await isVite(root))) unbuilt ??= source;
      }
    }
    return new ProjectPages(root, loaded, unbuilt);
  }

  /** Whether a file is for browsers: a page loads it, or it works on a page and offers nothing to a server. */
  async isForBrowsers(file: string): Promise<boolean> {
    const name = relative(this.#root, file);
    const text = await readText(this.#root, name) ?? "";
    if (this.#loaded.has(name)) return ON_A_PAGE.test(text) || !ANSWERS.test(text);
    return ON_A_PAGE.test(text) && !ON_A_SERVER.test(text);
  }
}

function scriptsOf(html: string): string[] {
  return [...html.replaceAll(/<!--[^]*?-->/g, "").matchAll(SCRIPT)].map(([, ...quoted]) => quoted.find(Boolean) ?? "");
}

/** Vite's own page loads `/src/main.js` as well as `/src/main.ts`. */
async function isVite(root: string): Promise<boolean> {
  const manifest = await readText(root, "package.json");
  if (manifest === undefined) return false;
  try {
    const { dependencies, devDependencies } = JSON.parse(manifest);
    return Object.hasOwn({ ...dependencies, ...devDependencies }, "vite");
  } catch {
    return false;
  }
}

async function readText(root: string, name: string): Promise<string | undefined> {
  try {
    const path = await Deno.realPath(join(root, name));
    return isInside(root, path) ? new TextDecoder().decode((await readStamped(path)).contents) : undefined;
  } catch {
    // None, or none that can be read: whoever needs it will say so.
    return undefined;
  }
}
