/** Bundles an app of a test and imports the result. */

import { assertEquals, assertRejects } from "@std/assert";
import { type AppBundle, Bundler } from "../../../runtime/bundle/bundler.ts";
import { PLAIN_BUILD } from "../../../runtime/config/project_build.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A bundle without a cache. */
export async function bundleApp(app: AppFolder, { isWorkers = false }: AppKind = {}): Promise<AppBundle> {
  await using bundler = new Bundler({ cacheDir: null });
  const start = isWorkers
    ? { file: "wrangler.toml", error: null, main: app.at("index.js"), site: null, build: PLAIN_BUILD }
    : null;
  return await bundler.bundle({ name: "blog", path: app.path, nodeCompat: true, start });
}

/** What packages are told of an app. */
export interface AppKind {
  /** Whether it is a Workers project. */
  readonly isWorkers?: boolean;
}

/** The default export of the app that the files make. */
export async function defaultOf(files: Files, kind?: AppKind): Promise<unknown> {
  await using app = await appFolder(files);
  const { modules, entry } = await bundleApp(app, kind);
  return (await importBundle(modules, entry)).default;
}

/** Runs a bundle outside an isolate; of the modules that stand for Node's, nothing more than their import. */
export async function importBundle(
  modules: Readonly<Record<string, string>>,
  entry: string,
): Promise<Record<string, unknown>> {
  const code = modules[entry]!.replaceAll(/"app:\/\/\/__nano__\/node\/([^"]+)\.js"/g, (_, name) => `"node:${name}"`);
  // The suffix keeps Deno from answering with an earlier import.
  const { default: [run] } = await import(`data:text/javascript;${crypto.randomUUID()},${encodeURIComponent(code)}`);
  return await run();
}

/** The failure of the app that the files make; it may name nothing of the host. */
export async function failureOf(files: Files): Promise<NanoError> {
  await using app = await appFolder(files);
  const error = await assertRejects(() => bundleApp(app), NanoError);
  assertEquals(error.code, "APP_FAILED");
  assertEquals(JSON.stringify([error.message, error.details]).includes(app.path), false, "a path of the host got out");
  return error;
}
