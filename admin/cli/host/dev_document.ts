/** Makes up the nano.json of `nano dev`: one app that gets every request, nothing kept, readable log. */
import { basename, dirname, extname } from "node:path";

const DEV_PORT = 8080;
/** Whoever presses Ctrl+C at the desk does not want to wait for an open event stream. */
const DEV_DRAIN_MS = 1000;
/** File names that say nothing of the app. */
const PLAIN_NAMES: ReadonlySet<string> = new Set(["index", "main", "worker", "mod", "app", "src"]);

/**
 * A name in the spelling that apps have.
 * @param path absolute path of the app's folder or entry file
 */
export function devAppName(path: string, isFile: boolean): string {
  const stem = isFile ? basename(path, extname(path)) : basename(path);
  const name = stem.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);
  const parent = dirname(path);
  if (isFile && PLAIN_NAMES.has(name) && parent !== path) return devAppName(parent, false);
  return name === "" ? "app" : name;
}

/** The app at the desk. */
export interface DevApp {
  readonly name: string;
  readonly path: string;
  /** Secrets of the desk. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The document, in the shape of nano.json.
 * @param stateDir a temporary folder: nothing is written beside the app's files, which are watched
 */
export function devDocument(app: DevApp, port: number | null, stateDir: string): object {
  return {
    hostname: "127.0.0.1",
    port: port ?? DEV_PORT,
    admin: false,
    state_dir: stateDir,
    drain_timeout_ms: DEV_DRAIN_MS,
    default_app: app.name,
    log: { format: "pretty" },
    apps: [app],
  };
}
