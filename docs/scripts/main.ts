/** Builds the docs site, or serves it while it is written: `docs:build`, `docs:dev`. */
import { join } from "node:path";
import { composeSite, REPO_DIR, writeSite } from "./compose_site.ts";
import { adminOpenApi } from "./openapi_reference.ts";
import { baseOf } from "./with_base.ts";

const SITE_DIR = join(REPO_DIR, "docs/site");
const CONTENT_DIR = join(SITE_DIR, "src/content/docs");
/** Path of its host below which the site will lie; NANO_DOCS_URL is the host. */
const BASE = baseOf(Deno.env.get("NANO_DOCS_BASE"));
/** What the pages are made of. */
const SOURCES = [
  "docs/pages",
  "docs/examples",
  "docs/decisions",
  "docs/benchmarks.json",
  "docs/corpus.json",
  "docs/starters.json",
];
/** An editor's save comes as several events. */
const QUIET_MS = 200;

/**
 * The lock's versions without writing to it. `npm ci` would refuse the lock wherever the registry has not every optional
 * package of every platform.
 */
const NPM_OPTIONS = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];

/** Runs a program in docs/site/ and passes its output on. @returns the exit code */
async function run(program: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: SITE_DIR,
    env: {
      ASTRO_TELEMETRY_DISABLED: "1",
      NANO_DOCS_BASE: BASE,
      // Under Deno the watcher of Astro takes a read of its configuration for a change, and starts again half-way.
      CHOKIDAR_USEPOLLING: "true",
      CHOKIDAR_INTERVAL: "300",
    },
  }).spawn();
  // Who ends this task ends the server as well; Ctrl-C reaches both by the terminal.
  const end = () => child.kill("SIGTERM");
  Deno.addSignalListener("SIGTERM", end);
  try {
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGTERM", end);
  }
}

/** Installs what package-lock.json lists, unless it is there already. */
async function install(): Promise<number> {
  const marker = join(SITE_DIR, "node_modules/.nano-lock");
  const lock = await Deno.readTextFile(join(SITE_DIR, "package-lock.json"));
  if (await Deno.readTextFile(marker).catch(() => "") === lock) return 0;
  const code = await run("npm", ["install", ...NPM_OPTIONS]);
  if (code === 0) await Deno.writeTextFile(marker, lock);
  return code;
}

/** Astro under Deno; --no-config, as the repo's deno.json knows nothing of the site's packages. */
function astro(...args: readonly string[]): Promise<number> {
  const deno = ["run", "-A", "--no-config", "--no-lock", "--node-modules-dir=manual", "npm:astro"];
  return run(Deno.execPath(), [...deno, ...args]);
}

/** Composes anew whenever something that the pages are made of has changed. */
async function watch(): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const _ of Deno.watchFs(SOURCES.map((path) => join(REPO_DIR, path)))) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        await writeSite(await composeSite(), CONTENT_DIR, BASE);
      } catch (error) {
        // Half a page is a page soon; the server shows the last one meanwhile.
        console.error(error);
      }
    }, QUIET_MS);
  }
}

async function main([mode, ...args]: readonly string[]): Promise<number> {
  if (mode !== "build" && mode !== "dev") {
    console.error("Usage: main.ts build|dev [OPTIONS OF ASTRO]");
    return 2;
  }
  await writeSite(await composeSite(), CONTENT_DIR, BASE);
  await Deno.writeTextFile(join(SITE_DIR, "public/openapi.json"), JSON.stringify(adminOpenApi(), null, 2));
  const code = await install();
  if (code !== 0) return code;
  if (mode === "build") return await astro("build", ...args);
  const watching = watch();
  const serving = astro("dev", ...args);
  // A watcher that fails is told by its error, a server that ends ends the task.
  return await Promise.race([serving, watching.then(() => serving)]);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
