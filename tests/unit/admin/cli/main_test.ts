/** The command line: commands, help, errors and exit codes. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { COMMAND_GROUPS, COMMAND_NAMES, commandDocs } from "../../../../admin/cli/command_index.ts";
import { MemoryIo, run } from "./memory_io.ts";

async function inFolder(files: Readonly<Record<string, string>>, test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-cli-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${dir}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const APP = { "hello/index.ts": "export default { fetch: () => new Response() };" };
const CONFIG = JSON.stringify({ apps: [{ name: "hello", path: "./hello" }] });

Deno.test("nano --version prints the version of deno.json", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(new URL("../../../../deno.json", import.meta.url)));
  assertEquals(await run(["--version"]), { code: 0, out: `nano ${manifest.version}`, err: "" });
});

Deno.test("nano --help lists every command, nano without a command is wrong use", async () => {
  const { code, out } = await run(["--help"]);
  assertEquals(code, 0);
  for (const { name, summary } of await commandDocs()) {
    const group = COMMAND_GROUPS[name.split(" ")[0]!];
    const row = group === undefined ? `nano ${name}\\b.* {2}${summary}` : `nano ${name.split(" ")[0]} … +${group}`;
    assertEquals([...out.matchAll(new RegExp(`\n  ${row}`, "g"))].length, 1, row);
  }
  const bare = await run([]);
  assertEquals([bare.code, bare.out, bare.err], [2, "", out]);
});

Deno.test("nano COMMAND --help and nano help COMMAND explain one command with examples", async () => {
  for (const command of COMMAND_NAMES) {
    const words = command.split(" ");
    const { code, out } = await run([...words, "--help"]);
    assertEquals(code, 0);
    assertMatch(out, new RegExp(`^Usage: nano ${command}`));
    assertMatch(out, /\nExamples:\n/);
    assertEquals((await run(["help", ...words])).out, out);
  }
  const start = await run(["start", "--config", "x", "--help"]);
  assertMatch(start.out, /--no-guardian/);
});

Deno.test("words that begin several commands list them: when asked as help, else as wrong use", async () => {
  const asked = await run(["kv", "--help"]);
  assertEquals([asked.code, asked.err], [0, ""]);
  for (const { name, summary } of (await commandDocs()).filter(({ name }) => name.startsWith("kv "))) {
    assertMatch(asked.out, new RegExp(`\n  nano ${name}\\b.* {2}${summary}\n`));
  }
  assertEquals((await run(["help", "kv"])).out, asked.out);
  for (const words of [["kv"], ["kv", "key"], ["kv", "key", "--json"]]) {
    assertEquals(await run(words), { code: 2, out: "", err: asked.out });
  }
  const wrong = await run(["kv", "key", "putt", "x"]);
  assertEquals([wrong.code, wrong.out], [2, ""]);
  assertMatch(wrong.err, /^nano: Unknown command "kv" with "key putt"\. Did you mean "key put"\?/);
});

Deno.test("an unknown command or option is wrong use, and the nearest known one is named", async () => {
  const cases: [string[], RegExp][] = [
    [["sart"], /^nano: Unknown command "sart". Did you mean "start"\?/],
    [["xyzzy"], /^nano: Unknown command "xyzzy"\n/],
    [["--versoin"], /Unknown option "--versoin". Did you mean "--version"\?/],
    [["check", "--confg", "x"], /Unknown option "--confg". Did you mean "--config"\?/],
    [["start", "--prt=1"], /Unknown option "--prt=1". Did you mean "--port"\?/],
    [["check", "--config"], /Option "--config" needs a value/],
    [["check", "file.json"], /Unexpected argument "file.json"/],
    [["check", "--config", "a", "--config", "b"], /Option "--config" was given 2 times/],
    [["versions"], /Argument APP is missing/],
    [["rollout", "shop", "v1", "101"], /Argument PERCENT needs a whole number from 0 to 100, not "101"/],
    [["completions", "tcsh"], /There are completions for bash, zsh, fish, not for "tcsh"/],
    [["start", "--port", "70000"], /Option "--port" needs a port from 0 to 65535, not "70000"/],
    [["start", "--admin-port", "x"], /Option "--admin-port" needs a port/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await run(args);
    assertEquals([code, out], [2, ""], args.join(" "));
    assertMatch(err, message);
  }
});

Deno.test("nano start without nano.json says how to make one", async () => {
  await inFolder({}, async (dir) => {
    const { code, err } = await run(["start"], new MemoryIo(dir));
    assertEquals(code, 3);
    assertMatch(err, new RegExp(`Cannot find nano.json in "${dir}"`));
    assertMatch(err, /"apps": \[/);
    assertMatch(err, /nano dev PATH/);
    const named = await run(["start", "--config", "other.json"], new MemoryIo(dir));
    assertEquals([named.code, named.err], [3, `nano: Cannot find configuration "${dir}/other.json"`]);
  });
});

Deno.test("nano check tells what it found, or every mistake at once", async () => {
  await inFolder(
    { ...APP, "nano.json": CONFIG, "broken.json": '{ "prot": 1, "apps": [{ "name": "X" }] }' },
    async (dir) => {
      const right = await run(["check"], new MemoryIo(dir));
      assertEquals([right.code, right.err], [0, ""]);
      assertMatch(right.out, /nano.json is right: 1 app\n {2}hello/);
      const wrong = await run(["check", "--config", "broken.json"], new MemoryIo(dir));
      assertEquals([wrong.code, wrong.out], [3, ""]);
      for (const part of ["prot", "name", "path"]) assert(wrong.err.includes(part), wrong.err);
    },
  );
});

Deno.test("nano check names the bindings that a fleet does not share", async () => {
  const bindings = { NS: { kv: "a" }, DB: { d1: "a" }, FILES: { r2: "a" }, JOBS: { queue: "a" } };
  const of = (fleet: object) => JSON.stringify({ fleet, apps: [{ name: "hello", path: ".", bindings }] });
  const nats = ["nats://127.0.0.1:4222"];
  const files = { "nano.json": of({ nats }), "alone.json": of({ nats, bindings: [] }) };
  await inFolder({ ...APP, ...files }, async (dir) => {
    const { out } = await run(["check"], new MemoryIo(dir));
    assertMatch(out, / {4}env\.DB \(d1\) is kept on each node for itself: the fleet does not share it/);
    assert(!out.includes("env.NS"), out);
    const json = await run(["check", "--json", "--config", "alone.json"], new MemoryIo(dir));
    assertEquals(JSON.parse(json.out).apps[0].kept_on_each_node, ["NS", "DB", "FILES", "JOBS"]);
  });
});

Deno.test("nano token needs nothing of nano.json but its state folder and its token", async () => {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await Deno.mkdir(`${dir}/kept`);
    await Deno.writeTextFile(`${dir}/kept/admin_token`, "t0ken\n", { mode: 0o600 });
    const tokenOf = async (document: unknown, env: Record<string, string> = {}) => {
      const text = typeof document === "string"
        ? document
        : JSON.stringify({ state_dir: "kept", ...document as object });
      await Deno.writeTextFile(`${dir}/nano.json`, text);
      const { code, out, err } = await run(["token"], new MemoryIo(dir, env));
      return code === 0 ? out : [code, err];
    };
    const app = { name: "a", path: "gone", env: { KEY: { from_env: "NOT_SET_HERE" }, FILE: { from_file: "gone" } } };
    assertEquals(await tokenOf({ apps: [app] }), "t0ken");
    assertEquals(await tokenOf({ prot: 1, port: "x", tls: 5, apps: {} }), "t0ken");
    assertEquals(await tokenOf('{ "state_dir": "kept", "apps": [ oops'), "t0ken");
    assertEquals(await tokenOf('{ /* "state_dir": "old", */ "state_dir": "kept", // here\n "port": 1, }'), "t0ken");
    assertEquals(await tokenOf('{ // "state_dir": "old"\n "state_dir": "kept", "apps": [ oops'), "t0ken");
    assertEquals(await tokenOf({ admin: { port: "x", token: "own" } }), "own");
    const outside = { admin: { token: { from_env: "ADMIN" } } };
    assertEquals(await tokenOf(outside, { ADMIN: "outside" }), "outside");
    assertEquals(await tokenOf(outside, { NANO_ADMIN_TOKEN: "given" }), "given");
    const refused = await tokenOf(outside);
    assertEquals(refused[0], 3);
    assertMatch(String(refused[1]), /admin\.token\.from_env is "ADMIN"/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("nano token prints the token alone: the environment's, else the kept one", async () => {
  await inFolder({ ...APP, "nano.json": CONFIG, "off.json": '{ "admin": false }' }, async (dir) => {
    const given = await run(["token"], new MemoryIo(dir, { NANO_ADMIN_TOKEN: "given" }));
    assertEquals(given, { code: 0, out: "given", err: "" });
    const kept = await run(["token"], new MemoryIo(dir));
    assertEquals(kept.out + "\n", await Deno.readTextFile(`${dir}/.nano/admin_token`));
    const off = await run(["token", "--config", "off.json"], new MemoryIo(dir));
    assertEquals(off.code, 1);
    assertMatch(off.err, /turns the admin listener off/);
  });
});

Deno.test("nano check --json tells the same to programs, with the same exit codes", async () => {
  await inFolder({ ...APP, "nano.json": CONFIG, "broken.json": '{ "prot": 1 }' }, async (dir) => {
    const right = await run(["check", "--json"], new MemoryIo(dir));
    assertEquals([right.code, right.err], [0, ""]);
    assertEquals(JSON.parse(right.out), {
      ok: true,
      file: `${dir}/nano.json`,
      apps: [{
        name: "hello",
        entry: { file: "index.ts", why: "the first conventional name that there is", reach: ".", site: null },
        hostnames: ["hello"],
        rules: [],
      }],
      errors: [],
      running: false,
    });
    const wrong = await run(["check", "--config", "broken.json", "--json"], new MemoryIo(dir));
    assertEquals([wrong.code, wrong.err], [3, ""]);
    const { ok, errors } = JSON.parse(wrong.out);
    assertEquals(ok, false);
    assertMatch(errors[0], /prot/);
  });
});

Deno.test("every command refuses an option that its help does not name", async () => {
  for (const { name, arguments: places } of await commandDocs()) {
    const { code, err } = await run([...name.split(" "), ...places.map(() => "x"), "--nonsense"]);
    assertEquals(code, 2, name);
    assertMatch(err, /Unknown option "--nonsense"/);
  }
  for (const group of Object.keys(COMMAND_GROUPS)) {
    const { code, err } = await run([group, "--nonsense"]);
    assertEquals([code, err.split("\n")[0]], [2, 'nano: Unknown option "--nonsense"']);
  }
});
