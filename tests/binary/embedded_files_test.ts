/** Compares what the compile task embeds with what NANO loads. No denort is needed: nothing of it is run. */
import { assert, assertEquals } from "@std/assert";
import { MAIN_MODULE, NAMED_MODULES } from "../../docs/deploy/compile.ts";
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";
import { fromFileUrl, REPO, sourceFiles } from "../support/repo.ts";
import { compileToLookInto } from "./compile_nano.ts";
import { PACKAGES } from "./embedded_archive.ts";
import { loadedModules } from "./loaded_modules.ts";

const archive = await compileToLookInto();
const loaded = await loadedModules([MAIN_MODULE, ...NAMED_MODULES]);

/** Modules that code names by an URL of its own: nothing imports them, so they have to be included. */
async function modulesNamedByUrl(): Promise<string[]> {
  const found = new Set<string>();
  for (const file of [...await sourceFiles("admin"), ...await sourceFiles("runtime")]) {
    const text = await Deno.readTextFile(new URL(file, REPO));
    for (const [, path] of code(text).matchAll(/new URL\(\s*"([^"]+)",\s*import\.meta\.url,?\s*\)/g)) {
      found.add(new URL(path!, new URL(file, REPO)).href.slice(REPO.href.length));
    }
  }
  return [...found].sort();
}

/** Source text without its comments. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

Deno.test("Binary embeds NANO's own modules, byte for byte, and none of its other files", async () => {
  assert(loaded.files.size > 200, `${loaded.files.size} modules`);
  assertEquals(archive.ownFiles, [...loaded.files].sort());
  for (const path of archive.ownFiles) {
    assertEquals(archive.files.get(path)!.bytes, await Deno.readFile(new URL(path, REPO)), path);
  }
});

Deno.test("Binary includes just the modules that code names by URL", async () => {
  assertEquals([...NAMED_MODULES].sort(), await modulesNamedByUrl());
});

Deno.test("Binary embeds just the packages that NANO loads, in their versions", () => {
  assert(loaded.packages.size > 20, `${loaded.packages.size} packages`);
  // esbuild's programs for other systems stay out; the test below is about the one for this system.
  const expected = [...loaded.packages].filter((name) => !name.startsWith("@esbuild/"));
  assertEquals([...archive.packages].filter((name) => !name.startsWith("@esbuild/")).sort(), expected.sort());
});

Deno.test("Binary embeds esbuild's program for its system, of the version of esbuild's API", () => {
  const programs = [...archive.files].filter(([path]) => path.startsWith(`${PACKAGES}@esbuild/`))
    .filter(([, { isProgram }]) => isProgram);
  assertEquals(programs.length, 1);
  const [path, { bytes }] = programs[0]!;
  const api = [...archive.packages].find((name) => name.startsWith("esbuild@"))!;
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  assertEquals(path, `${PACKAGES}@esbuild/${Deno.build.os}-${arch}/${api.slice("esbuild@".length)}/bin/esbuild`);
  assertEquals(new TextDecoder("latin1").decode(bytes.subarray(1, 4)), "ELF");
});

Deno.test("Binary runs with the host's flags, the unstable features of deno.json and no prompts", async () => {
  const { permissions, v8_flags, unstable_config, entrypoint_key } = archive.settings;
  const v8 = HOST_FLAGS.find((flag) => flag.startsWith("--v8-flags="))!.slice("--v8-flags=".length).split(",");
  assertEquals(v8_flags.slice(-v8.length), v8);
  const { unstable } = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));
  assertEquals(unstable_config.features, unstable);
  assertEquals(entrypoint_key, MAIN_MODULE);
  assertEquals(permissions["prompt"], false);
  for (const name of ["env", "ffi", "import", "net", "read", "run", "sys", "write"]) {
    assertEquals([name, permissions[`allow_${name}`], permissions[`deny_${name}`]], [name, [], null]);
  }
});

Deno.test("Binary tells nothing of the folder in which it was compiled", () => {
  const place = fromFileUrl(REPO).replace(/\/$/, "");
  assert(!archive.settingsText.includes(place), "the settings name it");
  for (const path of archive.ownFiles) {
    const text = new TextDecoder().decode(archive.files.get(path)!.bytes);
    assert(!text.includes(`${place}/`), `${path} names it`);
  }
});

Deno.test("A process with fewer than all permissions cannot see whether a thread has ended", async () => {
  // Why the binary has them all: see docs/deploy/compile.ts.
  const kinds = ["read", "write", "net", "env", "run", "sys", "import"].map((kind) => `--allow-${kind}`);
  const listThreads = async (flags: readonly string[]) => {
    const script = 'data:text/javascript,console.log([...Deno.readDirSync("/proc/self/task")].length > 0)';
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-config", ...flags, script],
      env: { NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const [without, complete] = await Promise.all([listThreads(kinds), listThreads([...kinds, "--allow-ffi"])]);
  assert(without.includes("NotCapable"), without);
  assertEquals(complete, "true\n");
});
