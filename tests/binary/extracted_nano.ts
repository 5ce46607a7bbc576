/** Lays what is embedded in a binary into an empty folder and runs it there with Deno, as a stand-in for denort. */
import { fromFileUrl, REPO } from "../support/repo.ts";
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";
import { type EmbeddedArchive, PACKAGES } from "./embedded_archive.ts";
import type { Installed } from "./try_out.ts";

/** Makes NANO believe that it is compiled, so that it copies esbuild's program. */
const PRETEND = 'Object.defineProperty(Deno, "build", { value: { ...Deno.build, standalone: true } });\n';

/**
 * Deno sees nothing but the embedded files: NANO's own in one folder, the packages as its only cache. How names lead to
 * packages stands in a binary's settings; here deno.json and deno.lock tell, without what is not embedded.
 *
 * @param folder an empty folder
 */
export async function extractNano(archive: EmbeddedArchive, folder: string): Promise<Installed> {
  const registry = await registryFolder();
  const named = new Set([...archive.packages].map((name) => `npm:${name}`));
  for (const [path, { bytes, isProgram }] of archive.files) {
    const isOfPackage = path.startsWith(PACKAGES);
    const to = isOfPackage ? `${folder}/deno/npm/${registry}/${path.slice(PACKAGES.length)}` : `${folder}/nano/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(to, bytes, { mode: isProgram ? 0o755 : 0o644 });
  }
  const config = JSON.parse(await Deno.readTextFile(`${folder}/nano/deno.json`));
  const imports = Object.entries<string>(config.imports).filter(([, to]) => !to.startsWith("npm:") || named.has(to));
  const lock = { path: "./deno.lock", frozen: false };
  const resolution = { ...config, imports: Object.fromEntries(imports), lock };
  await Deno.writeTextFile(`${folder}/nano/deno.json`, JSON.stringify(resolution));
  for (const path of ["deno.lock", ...config.links.map((link: string) => `${link}/deno.json`)]) {
    const to = `${folder}/nano/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(new URL(path, REPO), to);
  }
  await Deno.writeTextFile(`${folder}/pretend.js`, PRETEND);
  const flags = [...HOST_FLAGS, "--no-prompt", "--cached-only", "--no-remote", "--preload", `${folder}/pretend.js`];
  return {
    program: [Deno.execPath(), "run", ...flags, `${folder}/nano/admin/cli/main.ts`],
    env: { DENO_DIR: `${folder}/deno` },
    // A compiled NANO would start its own program again, which here is Deno.
    guardian: false,
  };
}

/** Deno's cache has the packages under the name of the registry that they came from. */
async function registryFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: fromFileUrl(REPO) })
    .output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  for await (const { name } of Deno.readDir(npmCache)) {
    try {
      await Deno.stat(`${npmCache}/${name}/esbuild`);
      return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`Cannot find esbuild in ${npmCache}`);
}
