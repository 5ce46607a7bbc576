/** How commands find a running NANO and its token. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AdminFile, adminFilePath, isAlive, readAdminFile } from "../../../../admin/cli/online/admin_file.ts";
import { CliError } from "../../../../admin/process/cli_error.ts";
import { findCommandDoc } from "../../../../admin/cli/command_index.ts";
import { CommandLine } from "../../../../admin/cli/line/command_line.ts";
import { findAdmin } from "../../../../admin/cli/online/find_admin.ts";
import { MemoryIo } from "./memory_io.ts";

const PLACE = { url: "http://127.0.0.1:4711", publicUrl: "http://127.0.0.1:8080" };
const silent = (text: string) => {
  throw new Error(text);
};

async function inFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-find-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function find(args: readonly string[], io: MemoryIo) {
  return await findAdmin(await CommandLine.read((await findCommandDoc("reload"))!, args), io);
}

async function refusal(args: readonly string[], io: MemoryIo): Promise<{ code: string; text: string }> {
  const error = await assertRejects(() => find(args, io), CliError);
  return { code: error.code, text: [error.message, ...error.details].join("\n") };
}

/** A process id that nobody has: of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = new Deno.Command("true", { stdin: "null" }).spawn();
  await child.status;
  return child.pid;
}

Deno.test("AdminFile is private, there while the listener is up, and left alone when another host has replaced it", async () => {
  await inFolder(async (dir) => {
    const path = adminFilePath(dir);
    {
      using _file = new AdminFile(dir, PLACE, silent);
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      assertEquals(await readAdminFile(dir), { ...PLACE, pid: Deno.pid });
    }
    assertEquals(await readAdminFile(dir), null);
    {
      using _file = new AdminFile(dir, PLACE, silent);
      await Deno.writeTextFile(path, JSON.stringify({ url: "http://x", public_url: "http://y", pid: 1 }));
    }
    assertEquals((await readAdminFile(dir))?.pid, 1);
    assertEquals([...Deno.readDirSync(dir)].length, 1);
    await Deno.writeTextFile(path, "{}");
    assertEquals(await readAdminFile(dir), null);
    const told: string[] = [];
    new AdminFile(`${dir}/missing`, PLACE, (text) => told.push(text))[Symbol.dispose]();
    assertMatch(told.join(), /^nano: Cannot write ".*missing\/admin\.json", by which commands find this NANO/);
  });
});

Deno.test("isAlive() tells running processes from ended ones", async () => {
  assert(isAlive(Deno.pid) && isAlive(1));
  assert(!isAlive(await deadPid()));
});

Deno.test("a command finds NANO by option, then by environment, then by the state folder of nano.json", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/nano.json`, '{ "state_dir": "state", "apps": [{ "mistake": true }] }');
    await Deno.mkdir(`${dir}/state`);
    await Deno.writeTextFile(`${dir}/state/admin_token`, "kept\n");
    using _file = new AdminFile(`${dir}/state`, PLACE, silent);
    const local = await find([], new MemoryIo(dir));
    assertEquals([local.url, local.token, local.publicUrl], [PLACE.url, "kept", PLACE.publicUrl]);
    const elsewhere = await find(["--config", `${dir}/nano.json`], new MemoryIo("/"));
    assertEquals([elsewhere.url, elsewhere.token], [PLACE.url, "kept"]);

    const env = { NANO_ADMIN_URL: "http://10.0.0.7:9090/", NANO_ADMIN_TOKEN: "given" };
    const byEnv = await find([], new MemoryIo(dir, env));
    assertEquals([byEnv.url, byEnv.token, byEnv.from], ["http://10.0.0.7:9090", "given", "NANO_ADMIN_URL"]);
    const byOption = await find(["--url", "http://10.0.0.8:1", "--token", "mine"], new MemoryIo(dir, env));
    assertEquals([byOption.url, byOption.token, byOption.from], ["http://10.0.0.8:1", "mine", "--url"]);
    const tokenOnly = await find([], new MemoryIo(dir, { NANO_ADMIN_TOKEN: "given", NANO_ADMIN_URL: "" }));
    assertEquals([tokenOnly.url, tokenOnly.token], [PLACE.url, "given"]);
  });
});

Deno.test("a configured token is used, from outside of nano.json too, and the kept one when that is not to be had", async () => {
  await inFolder(async (dir) => {
    await Deno.mkdir(`${dir}/.nano`);
    await Deno.writeTextFile(`${dir}/.nano/admin_token`, "kept");
    using _file = new AdminFile(`${dir}/.nano`, PLACE, silent);
    const token = async (admin: unknown, env: Record<string, string> = {}) => {
      await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify({ admin }));
      return (await find([], new MemoryIo(dir, env))).token;
    };
    assertEquals(await token({ token: "configured" }), "configured");
    assertEquals(await token({ token: { from_env: "ADMIN" } }, { ADMIN: "outside" }), "outside");
    assertEquals(await token({ token: { from_env: "ADMIN" } }), "kept");
    await Deno.writeTextFile(`${dir}/nano.json`, "{ broken");
    assertEquals((await find([], new MemoryIo(dir))).token, "kept");
  });
});

Deno.test("the token of this machine is sent to this machine only", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/nano.json`, '{ "admin": { "token": "configured" } }');
    assertEquals((await find(["--url", "http://localhost:1"], new MemoryIo(dir))).token, "configured");
    assertEquals((await find(["--url", "http://127.0.0.1:1"], new MemoryIo(dir))).token, "configured");
    for (const url of ["http://example.com:9090", "http://127.example.com"]) {
      const { code, text } = await refusal(["--url", url], new MemoryIo(dir));
      assertEquals([code, text], ["USAGE", `There is no token for ${url}: give --token, or set NANO_ADMIN_TOKEN`]);
    }
    assertEquals((await refusal(["--url", "9090", "--token=x"], new MemoryIo(dir))).code, "USAGE");
  });
});

Deno.test("when no NANO is found, the error says what was tried and what to do", async () => {
  await inFolder(async (dir) => {
    const bare = await refusal([], new MemoryIo(dir));
    assertEquals(bare.code, "INTERNAL");
    for (const part of ["neither --url nor NANO_ADMIN_URL", `no nano.json in "${dir}"`, "--config FILE"]) {
      assert(bare.text.includes(part), bare.text);
    }
    await Deno.writeTextFile(`${dir}/nano.json`, "{}");
    const stopped = await refusal([], new MemoryIo(dir));
    for (const part of [`there is no "${dir}/.nano/admin.json"`, `nano start --config ${dir}/nano.json`]) {
      assert(stopped.text.includes(part), stopped.text);
    }
    await Deno.mkdir(`${dir}/.nano`);
    const pid = await deadPid();
    await Deno.writeTextFile(
      `${dir}/.nano/admin.json`,
      JSON.stringify({ url: "http://x", public_url: "http://y", pid }),
    );
    assertMatch((await refusal([], new MemoryIo(dir))).text, new RegExp(`was left by process ${pid}, which has ended`));
    await Deno.remove(`${dir}/.nano/admin.json`);
    await Deno.mkdir(`${dir}/.nano/admin.json`);
    assertMatch((await refusal([], new MemoryIo(dir))).text, /"\S+admin\.json" cannot be read: /);
    await Deno.remove(`${dir}/.nano/admin.json`);
    using _file = new AdminFile(`${dir}/.nano`, PLACE, silent);
    assertMatch((await refusal([], new MemoryIo(dir))).text, /there is no token: no --token/);
  });
});
