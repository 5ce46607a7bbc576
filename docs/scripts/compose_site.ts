/** Composes the pages of the site: written ones with the files they quote, and the generated ones. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Benchmarks, ratioPlot, timePlot } from "./benchmark_plots.ts";
import { cliReference } from "./cli_reference.ts";
import { configReference } from "./config_reference.ts";
import { type StarterResult, startersMarkdown } from "./starters_table.ts";
import { corpusMarkdown, type CorpusResult } from "./corpus_table.ts";
import { decisionPage, titledPage } from "./decision_pages.ts";
import { errorReference } from "./error_reference.ts";
import { quoteFiles } from "./fenced_blocks.ts";
import { layersPage } from "./layers_page.ts";
import { libraryReference } from "./library_reference.ts";
import { logReference } from "./log_reference.ts";
import { metricsReference } from "./metrics_reference.ts";
import { operationsTable } from "./operations_table.ts";
import { adminOpenApi, openApiReference } from "./openapi_reference.ts";
import { withBase } from "./with_base.ts";

/** The repo. */
export const REPO_DIR = fileURLToPath(new URL("../../", import.meta.url));
/** The written pages. */
export const PAGES_DIR = join(REPO_DIR, "docs/pages");

/** All pages by their path below the content folder: `guides/assets.md`. */
export type Site = ReadonlyMap<string, string>;

/**
 * Composes all pages.
 * @throws Error when a page quotes a file that does not exist, or two pages have one path
 */
export async function composeSite(): Promise<Site> {
  const site = new Map<string, string>();
  const add = (path: string, markdown: string) => {
    if (site.has(path)) {
      throw new Error(`Cannot compose the site: there are two pages "${path}"`);
    }
    site.set(path, markdown);
  };
  const benchmarks = JSON.parse(await Deno.readTextFile(join(REPO_DIR, "docs/benchmarks.json"))) as Benchmarks;
  const corpus = JSON.parse(await Deno.readTextFile(join(REPO_DIR, "docs/corpus.json"))) as CorpusResult[];
  const starters = JSON.parse(await Deno.readTextFile(join(REPO_DIR, "docs/starters.json"))) as StarterResult[];
  for (const path of await markdownFiles(PAGES_DIR)) {
    const text = await Deno.readTextFile(join(PAGES_DIR, path));
    try {
      const quoted = await quoteFiles(
        text,
        (file) => Deno.readTextFile(quotedPath(file)),
      );
      add(
        path,
        quoted.replace("<!-- ratio plot -->", ratioPlot(benchmarks)).replace(
          "<!-- time plot -->",
          timePlot(benchmarks),
        ).replace("<!-- operations -->", operationsTable()).replace("<!-- corpus -->", corpusMarkdown(corpus))
          .replace("<!-- starters -->", startersMarkdown(starters)),
      );
    } catch (error) {
      throw new Error(`Cannot compose page "${path}"`, { cause: error });
    }
  }
  for (const file of await markdownFiles(join(REPO_DIR, "docs/decisions"))) {
    const { slug, markdown } = decisionPage(
      file,
      await Deno.readTextFile(join(REPO_DIR, "docs/decisions", file)),
    );
    add(`architecture/decisions/${slug}.md`, markdown);
  }
  const tracing = await Deno.readTextFile(join(REPO_DIR, "docs/observability/tracing.md"));
  add("guides/tracing.md", titledPage(tracing, "How a trace goes through NANO, and how to record spans."));
  add("reference/nano-json.md", configReference());
  add("reference/error-codes.md", errorReference());
  add("reference/command-line.md", await cliReference());
  add("reference/admin-api.md", openApiReference(adminOpenApi()));
  const slow = [metricsReference(), logReference(), libraryReference(), layersPage()] as const;
  const [metrics, log, library, layers] = await Promise.all(slow);
  add("reference/metrics.md", metrics);
  add("reference/log-events.md", log);
  add("reference/library.md", library);
  add("architecture/layers.md", layers);
  return site;
}

/** Where a quoted file is: below docs/examples/, or from the repo's root with a slash in front. */
export function quotedPath(file: string): string {
  return file.startsWith("/") ? join(REPO_DIR, file.slice(1)) : join(REPO_DIR, "docs/examples", file);
}

/**
 * Puts the pages in the place of what the content folder holds. A page that is as it was is not written, so that a
 * server that watches the folder has less to do.
 */
export async function writeSite(site: Site, folder: string, base = ""): Promise<void> {
  for (const path of await markdownFiles(folder)) if (!site.has(path)) await Deno.remove(join(folder, path));
  for (const [path, composed] of site) {
    const file = join(folder, path);
    const markdown = withBase(composed, base);
    if (await readIfPresent(file) === markdown) continue;
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, markdown);
  }
}

/** Paths of all `.md` files below a folder, sorted; none when it does not exist. */
export async function markdownFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) found.push(...(await markdownFiles(join(folder, name))).map((path) => join(name, path)));
      else if (name.endsWith(".md")) found.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
