/** Reading nano.json from disk: what is relative to what, broken files, and what may be shown of it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { loadConfig, maskedConfig } from "../../../runtime/config/load.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { ConfigFolder, onlyApp, refusal } from "./config_case.ts";

Deno.test("loadConfig() takes relative paths from the folder of the file, whatever the working directory", async () => {
  using folder = new ConfigFolder({ "nano.json": '{ "apps": [{ "name": "a", "path": "./app" }] }' });
  const config = await loadConfig(`${folder.dir}/app/../nano.json`);
  assertEquals(config.file, `${folder.dir}/nano.json`);
  assertEquals(config.stateDir, `${folder.dir}/.nano`);
  assertEquals(onlyApp(config).path, `${folder.dir}/app`);
});

Deno.test("loadConfig() hands `from_env` to the given environment", async () => {
  using folder = new ConfigFolder({
    "nano.json": '{ "apps": [{ "name": "a", "path": "app", "env": { "KEY": { "from_env": "X" } } }] }',
  });
  const config = await loadConfig(`${folder.dir}/nano.json`, { hostEnv: (name) => `value of ${name}` });
  assertEquals(onlyApp(config).env, { KEY: "value of X" });
});

Deno.test("loadConfig() overlooks a byte order mark", async () => {
  using folder = new ConfigFolder({ "nano.json": '\ufeff{ "port": 0 }' });
  assertEquals((await loadConfig(`${folder.dir}/nano.json`)).port, 0);
});

Deno.test("nano.json may hold comments and trailing commas; mistakes keep their line and column", async () => {
  const text = `// What serves
{
  /* a free
     port */
  "port": 0, // see "server_start"
  "apps": [
    { "name": "a", "path": "app", }, // "http://x" is no comment
  ],
}
`;
  using folder = new ConfigFolder({ "nano.json": text, "twice.json": text.replace('"name"', '"path": "b", "name"') });
  const config = await loadConfig(`${folder.dir}/nano.json`);
  assertEquals([config.port, onlyApp(config).name], [0, "a"]);
  assertEquals(await refusal(() => loadConfig(`${folder.dir}/twice.json`)), [
    "apps[0].path is written twice: remove one (the second is in line 7, column 33)",
  ]);
});

Deno.test("loadConfig() refuses a file that cannot be read", async () => {
  using folder = new ConfigFolder({ "latin1.json": new Uint8Array([0x22, 0xe9, 0x22]) });
  assertEquals(await refusal(() => loadConfig(`${folder.dir}/none.json`)), ["the file does not exist"]);
  assertEquals(await refusal(() => loadConfig(`${folder.dir}/latin1.json`)), ["the file is no UTF-8 text"]);
  assertEquals(await refusal(() => loadConfig(`${folder.dir}/app`)), ["it is a directory"]);
});

Deno.test("loadConfig() waits for no pipe, and reads neither a device nor what is no configuration by its size", async () => {
  using folder = new ConfigFolder({ "big.json": "" });
  const at = (name: string) => `${folder.dir}/${name}`;
  await new Deno.Command("mkfifo", { args: [at("pipe")] }).output();
  await Deno.symlink("/dev/zero", at("zero"));
  await Deno.truncate(at("big.json"), 32 * 1024 * 1024 + 1);
  assertEquals(await refusal(() => loadConfig(at("pipe"))), ["it is a pipe or a device, no file"]);
  assertEquals(await refusal(() => loadConfig(at("zero"))), ["it is a pipe or a device, no file"]);
  assertEquals(await refusal(() => loadConfig(at("big.json"))), ["it is longer than 33554432 bytes"]);
});

Deno.test("loadConfig() tells line, column and the line itself of a syntax error", async () => {
  using folder = new ConfigFolder({ "nano.json": '{\n  "port": 80\n  "admin": false\n}\n' });
  const error = await assertRejects(() => loadConfig(`${folder.dir}/nano.json`), NanoError);
  const detail = 'Line 3, column 3: found "\\"" instead of "," or "}", in: "admin": false';
  assertEquals(error.details, [detail]);
  assertEquals(error.message, `Cannot parse configuration "${folder.dir}/nano.json": ${detail}`);
});

Deno.test("The line of a syntax error is cut around the mistake when it is long", async () => {
  const long = `{ ${'"a": 1, '.repeat(500)} "x" 1, ${'"b": 1, '.repeat(500)} "c": 1 }`;
  using folder = new ConfigFolder({ "nano.json": long });
  const [line] = await refusal(() => loadConfig(`${folder.dir}/nano.json`));
  assert(line!.includes('"x" 1') && line!.length < 250, line);
});

Deno.test("The line of a syntax error does not show a secret", async () => {
  const texts = [
    '{ "admin": { "token": "sh0wn" "port": 1 } }',
    '{ "admin": { "token": "sh0wn\n" } }',
    '{ "admin": { "token": sh0wn } }',
    '{ "admin": { "token":\n  "sh0wn" x } }',
    '{ "apps": [{ "env": { "DB_PASSWORD": "sh0wn", "API_KEY": "sh0wn\\"sh0wn" } } x',
    '{ "admin": { "token" "sh0wn" } }',
    '{ "admin": { "token": /* here */ "sh0wn" x } }',
    '{ "admin": { "token": // here\n  "sh0wn" x } }',
    '{ "admin": { "token": /* here\n and "here" */ "sh0wn" x } }',
    '{ "apps": [{ "env": { "A": // here\n\n // and here\n "sh0wn" x } }',
  ];
  for (const text of texts) {
    using folder = new ConfigFolder({ "nano.json": text });
    const error = await assertRejects(() => loadConfig(`${folder.dir}/nano.json`), NanoError);
    assert(!Deno.inspect(error).includes("sh0wn"), Deno.inspect(error));
    assertEquals(error.details.length, 1);
  }
});

Deno.test("A key that is written twice is refused together with all other mistakes", async () => {
  using folder = new ConfigFolder({ "nano.json": '{\n  "port": 1,\n  "port": "x"\n}' });
  assertEquals(await refusal(() => loadConfig(`${folder.dir}/nano.json`)), [
    "port is written twice: remove one (the second is in line 3, column 3)",
    'port is "x": expected a whole number from 0 to 65535',
  ]);
});

Deno.test("The message of a refusal names the file, the first mistake and how many more there are", async () => {
  using folder = new ConfigFolder({ "nano.json": '{ "prt": 1, "port": -1, "log": 1 }', "one.json": '{ "prt": 1 }' });
  const path = `${folder.dir}/nano.json`;
  const error = await assertRejects(() => loadConfig(path), NanoError);
  assertEquals(error.message, `Cannot use configuration "${path}": ${error.details[0]} (and 2 more)`);
  const single = await assertRejects(() => loadConfig(`${folder.dir}/one.json`), NanoError);
  assert(single.message.endsWith('prt is no known key: did you mean "port"?'), single.message);
});

Deno.test("maskedConfig() hides secrets and the admin token, and nothing else", async () => {
  using folder = new ConfigFolder();
  const config = await folder.resolve({
    admin: { token: "sh0wn" },
    install: { registry: "https://npm.test/", token: { from_env: "KEY" } },
    apps: [{ name: "a", path: "app", env: { PLAIN: "text", KEY: { from_env: "KEY" } } }],
  }, { KEY: "sh0wn" });
  const masked = maskedConfig(config);
  assert(!JSON.stringify(masked).includes("sh0wn"));
  const { layers: _layers, withLayers: _withLayers, secretFiles: _secretFiles, ...shown } = config;
  assertEquals(masked, {
    ...shown,
    setAside: [],
    admin: { hostname: "127.0.0.1", port: 9090, token: "***" },
    install: { ...config.install, token: "***" },
    apps: [{ ...onlyApp(config), env: { PLAIN: "text", KEY: "***" } }],
  });
  assertEquals(onlyApp(config).env["KEY"], "sh0wn");
});

Deno.test("maskedConfig() leaves a missing token and a missing admin listener as they are", async () => {
  using folder = new ConfigFolder();
  assertEquals(maskedConfig(await folder.resolve({})).admin, { hostname: "127.0.0.1", port: 9090, token: null });
  assertEquals(maskedConfig(await folder.resolve({ admin: false })).admin, false);
});

Deno.test("maskedConfig() tells what is set aside, and nothing else of the layers", async () => {
  using folder = new ConfigFolder({
    "nano.json": '{ "apps": [{ "name": "a", "path": "app", "env": { "A": "sh0wn" } }] }',
  });
  const entry = { name: "b", path: "none", env: { B: "sh0wn" } };
  const layer = { name: "b", entry, patch: null, hides: null, folder: null, versions: [], rollout: null };
  const masked = maskedConfig(await loadConfig(`${folder.dir}/nano.json`, { layers: [layer] }));
  assertEquals(masked.setAside, [
    { app: "b", reasons: [`path is "none": expected a file or folder, but ${folder.dir}/none does not exist`] },
  ]);
  assertEquals("layers" in masked || "withLayers" in masked, false);
  assertEquals(JSON.stringify(masked).match(/sh0wn/g)?.length, 1);
});
