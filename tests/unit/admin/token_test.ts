/** The admin token: where it comes from, and that nobody else can read it. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { adminToken } from "../../../admin/token.ts";

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-token-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

Deno.test("adminToken() prefers the environment to the configuration and both to the file", async () => {
  await inFolder(async (stateDir) => {
    const both = await adminToken({ fromEnv: "env-token", configured: "config-token", stateDir });
    assertEquals(both, { value: "env-token", file: null, created: false });
    const configured = await adminToken({ fromEnv: "", configured: "config-token", stateDir });
    assertEquals(configured, { value: "config-token", file: null, created: false });
    assertEquals([...Deno.readDirSync(stateDir)], [], "nothing is kept that was given");
  });
});

Deno.test("adminToken() generates a token once and keeps it readable for its owner only", async () => {
  await inFolder(async (dir) => {
    const stateDir = `${dir}/new/.nano`;
    const first = await adminToken({ fromEnv: undefined, configured: null, stateDir });
    assertMatch(first.value, /^[A-Za-z0-9_-]{43}$/);
    assertEquals([first.file, first.created], [`${stateDir}/admin_token`, true]);
    assertEquals(await modeOf(first.file!), 0o600);
    assertEquals([...Deno.readDirSync(stateDir)].map(({ name }) => name), ["admin_token"], "no draft is left");
    const second = await adminToken({ fromEnv: undefined, configured: null, stateDir });
    assertEquals(second, { ...first, created: false });
  });
});

Deno.test("adminToken() gives all of several simultaneous starts the same token", async () => {
  await inFolder(async (stateDir) => {
    const tokens = await Promise.all(
      Array.from({ length: 8 }, () => adminToken({ fromEnv: undefined, configured: null, stateDir })),
    );
    assertEquals(new Set(tokens.map(({ value }) => value)).size, 1);
    assertEquals(tokens.filter(({ created }) => created).length, 1);
  });
});

Deno.test("adminToken() narrows the mode of a file that others could read", async () => {
  await inFolder(async (stateDir) => {
    await Deno.writeTextFile(`${stateDir}/admin_token`, "kept-token\n");
    await Deno.chmod(`${stateDir}/admin_token`, 0o644);
    const token = await adminToken({ fromEnv: undefined, configured: null, stateDir });
    assertEquals(token.value, "kept-token");
    assertEquals(await modeOf(`${stateDir}/admin_token`), 0o600);
  });
});

Deno.test("adminToken() refuses a token that no header can carry, and an empty file", async () => {
  await inFolder(async (stateDir) => {
    for (const fromEnv of ["two words", "line\nbreak", "ümlaut"]) {
      const error = await assertRejects(() => adminToken({ fromEnv, configured: null, stateDir }), NanoError);
      assertEquals(error.code, "CONFIG_INVALID");
      assert(!error.message.includes(fromEnv), "the token itself is not shown");
    }
    await Deno.writeTextFile(`${stateDir}/admin_token`, "\n");
    const error = await assertRejects(() => adminToken({ fromEnv: undefined, configured: null, stateDir }), NanoError);
    assertMatch(error.message, /delete it/);
  });
});

Deno.test("adminToken() names the file when it cannot be kept", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    const sources = { fromEnv: undefined, configured: null, stateDir: `${dir}/file/below` };
    const error = await assertRejects(() => adminToken(sources), NanoError);
    assertEquals(error.code, "INTERNAL");
    assertMatch(error.message, /file\/below\/admin_token/);
  });
});
