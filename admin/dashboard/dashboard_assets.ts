/** The dashboard's styles and scripts: styles are embedded in the source, scripts are bundled when somebody looks. */
import { createHash } from "node:crypto";
import type { Handler } from "hono";
import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplotJs from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import { bundlePageScripts } from "../../runtime/mod.ts";
import appCss from "./styles/app.css" with { type: "text" };
import appsCss from "./styles/apps.css" with { type: "text" };
import baseCss from "./styles/base.css" with { type: "text" };
import controlsCss from "./styles/controls.css" with { type: "text" };
import dataCss from "./styles/data.css" with { type: "text" };
import dialogsCss from "./styles/dialogs.css" with { type: "text" };
import frameCss from "./styles/frame.css" with { type: "text" };
import markSvg from "./styles/mark.svg" with { type: "text" };

type Files = Readonly<Record<string, string>>;

const EMBEDDED: Files = {
  "app.css": appCss,
  "apps.css": appsCss,
  "base.css": baseCss,
  "controls.css": controlsCss,
  "data.css": dataCss,
  "dialogs.css": dialogsCss,
  "frame.css": frameCss,
  "mark.svg": markSvg,
  "uplot.css": uplotCss,
  "uplot.js": uplotJs,
};

/** In a compiled binary these have to be included by name; see docs/deploy/compile.ts. */
const SCRIPTS: Readonly<Record<string, URL>> = {
  app: new URL("./client/app.ts", import.meta.url),
  events: new URL("./client/events.tsx", import.meta.url),
  frame: new URL("./client/frame.ts", import.meta.url),
  nodes: new URL("./client/nodes.ts", import.meta.url),
  overview: new URL("./client/overview.tsx", import.meta.url),
  theme: new URL("./client/theme.ts", import.meta.url),
  uploads: new URL("./client/uploads.ts", import.meta.url),
};

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** A page is not kept waiting for a bundler that has just failed: it works without scripts. */
const RETRY_AFTER_MS = 60_000;

/** Route of the assets. */
export const ASSET_ROUTE = "/assets/:folder/:name";

/** What {@linkcode DashboardAssets} works with. */
export interface AssetParts {
  /** Texts of all scripts by file name. */
  bundle(): Promise<Files>;
  /** Monotonic, ms. */
  now(): number;
}

/**
 * All assets below one folder, whose name is a hash over everything: scripts import each other by relative names, so
 * all of them change their place whenever one of them does, and may be cached for ever.
 */
export class DashboardAssets {
  readonly #parts: AssetParts;
  #files: Files = EMBEDDED;
  #folder: string | null = null;
  #loading: Promise<void> | null = null;
  #triedAt: number | null = null;

  constructor(parts: AssetParts) {
    this.#parts = parts;
  }

  /**
   * Bundles the scripts unless it is done; callers at the same time wait for the same bundle.
   *
   * @throws {Error} What the bundler says, once in a while; until it succeeds there are no scripts.
   */
  async load(): Promise<void> {
    if (this.#files !== EMBEDDED) return;
    if (this.#loading === null) {
      if (this.#triedAt !== null && this.#parts.now() - this.#triedAt < RETRY_AFTER_MS) return;
      this.#loading = this.#bundle().finally(() => {
        this.#loading = null;
        this.#triedAt = this.#parts.now();
      });
    }
    await this.#loading;
  }

  /** Where a page finds an asset; null for one that there is not. */
  path(name: string): string | null {
    return Object.hasOwn(this.#files, name) ? `/assets/${this.#folderName()}/${name}` : null;
  }

  /** Answers {@linkcode ASSET_ROUTE}; nothing in them is secret. */
  readonly serve: Handler = async (context) => {
    // Pages tell why there are none
    await this.load().catch(() => {});
    const { folder, name } = context.req.param() as { folder: string; name: string };
    const text = Object.hasOwn(this.#files, name) ? this.#files[name] : undefined;
    if (text === undefined) return context.text("There is no such file\n", 404);
    const kind = name.slice(name.lastIndexOf(".") + 1);
    // A page of an older NANO may still ask for its own folder: it gets the present file, which must not be kept as such.
    const caching = folder === this.#folderName() ? "public, max-age=31536000, immutable" : "no-store";
    return context.body(text, 200, { "content-type": TYPES[kind]!, "cache-control": caching });
  };

  async #bundle(): Promise<void> {
    this.#files = { ...EMBEDDED, ...await this.#parts.bundle() };
    this.#folder = null;
  }

  #folderName(): string {
    return this.#folder ??= createHash("sha256").update(JSON.stringify(this.#files)).digest("hex").slice(0, 16);
  }
}

/** The assets of this program. */
export const dashboardAssets: DashboardAssets = new DashboardAssets({
  bundle: () => bundlePageScripts({ entries: SCRIPTS, jsxImportSource: "hono/jsx/dom" }),
  now: () => performance.now(),
});
