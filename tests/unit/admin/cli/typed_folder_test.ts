/** Paths are taken from where a command was typed, also through `deno task`. */
import { assert, assertEquals } from "@std/assert";
import { typedFolder } from "../../../../admin/cli/terminal/typed_folder.ts";
import { fromFileUrl, REPO } from "../../../support/repo.ts";
import { NanoProcess } from "../../../support/nano_process.ts";

const ROOT = Deno.realPathSync(fromFileUrl(REPO));
const MODULE = new URL("admin/cli/main.ts", REPO).href;

function typed(
  cwd: string,
  initCwd: string | undefined,
  more: { module?: string; standalone?: boolean; parentArgs?: string[] } = {},
) {
  const env = (name: string) => name === "INIT_CWD" ? initCwd : undefined;
  return typedFolder({ cwd, env, module: MODULE, standalone: false, parentArgs: ["deno", "task", "nano"], ...more });
}

Deno.test("typedFolder() believes INIT_CWD in the folder of NANO's own tasks only, and only a folder", () => {
  assertEquals(typed(ROOT, "/tmp"), { cwd: Deno.realPathSync("/tmp"), root: null });
  assertEquals(typed(ROOT, `${ROOT}/docs`), { cwd: `${ROOT}/docs`, root: ROOT });
  assertEquals(typed(ROOT, ROOT), { cwd: ROOT, root: ROOT });
  for (const wrong of [undefined, "", "/nowhere/at/all", `${ROOT}/deno.json`]) {
    assertEquals(typed(ROOT, wrong), { cwd: ROOT, root: null });
  }
  // A task of somebody else, npm's for one, in which NANO is called.
  assertEquals(typed("/tmp", "/"), { cwd: "/tmp", root: null });
  // Inherited by what a test or a tool starts by itself.
  assertEquals(typed(ROOT, "/tmp", { parentArgs: ["deno", "test", "-A"] }), { cwd: ROOT, root: null });
  assertEquals(typed(ROOT, "/tmp", { standalone: true }).cwd, ROOT);
  assertEquals(typed(ROOT, "/tmp", { module: "https://example.com/admin/cli/main.ts" }).cwd, ROOT);
});

Deno.test("deno task nano takes paths from where it was typed", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-test-" }));
  const task = async (cwd: string, ...args: string[]) => {
    // deno keeps one that is set already.
    const program = [
      "env",
      "-u",
      "INIT_CWD",
      Deno.execPath(),
      "task",
      "--quiet",
      "--config",
      `${ROOT}/deno.json`,
      "nano",
    ] as const;
    await using nano = await NanoProcess.spawn(args, { program, cwd });
    const { code } = await nano.status();
    return { code, out: nano.strayLines.join("\n"), err: nano.stderr };
  };
  try {
    const made = await task(dir, "init", "shop");
    assertEquals([made.code, [...Deno.readDirSync(dir)].map(({ name }) => name)], [0, ["shop"]]);
    const checked = await task(`${dir}/shop`, "check");
    assert(checked.out.startsWith(`${dir}/shop/nano.json is right`), checked.out + checked.err);
    assert((await task(dir, "check", "--config", "shop/nano.json")).out.startsWith(`${dir}/shop/nano.json is right`));
    await Deno.writeTextFile(`${dir}/six.ts`, "export default 6 * 7;");
    assertEquals((await task(dir, "eval", "six.ts")).out, "42");
    const none = await task(dir, "check");
    assert(none.code === 3 && none.err.includes(`Cannot find nano.json in "${dir}"`), none.err);
    assert((await task(`${ROOT}/docs`, "check")).out.startsWith(`${ROOT}/nano.json is right`));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
