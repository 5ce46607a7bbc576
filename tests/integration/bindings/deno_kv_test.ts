/** `Deno.openKv` of apps: what plain Deno does with the same cases, and what is kept over kills, restores and reloads. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

const CASES = await Deno.readTextFile(new URL("./deno_kv_cases.js", import.meta.url));

/** Runs the body of a request as a function of `Deno`. */
const APP = `const AsyncFunction = (async () => {}).constructor;
const open = (path) => Deno.openKv(path);
export default {
  async fetch(request) {
    try {
      const result = await new AsyncFunction("open", await request.text())(open);
      return Response.json({ result: result ?? null });
    } catch (error) {
      return Response.json({ error: error.name + ": " + error.message, code: error.code });
    }
  },
};`;

type Ask = (body: string, app?: string) => Promise<unknown>;

function asker(nano: NanoProcess): Ask {
  return async (body, app = "one") => {
    const answer = await nano.fetch(app, "/", { method: "POST", body });
    const told = await answer.json();
    return "error" in told ? told : told.result;
  };
}

Deno.test("Deno.Kv of an app answers as that of plain Deno, case by case", async () => {
  await using project = await TempProject.create({
    one: {
      files: {
        "main.js":
          `import { run } from "./cases.js"; export default { fetch: async () => Response.json(await run(() => Deno.openKv(":memory:"))) };`,
        "cases.js": CASES,
      },
      // All cases in one request.
      config: { timeout_ms: 600_000 },
    },
  });
  const plain = `${project.dir}/plain.js`;
  await Deno.writeTextFile(`${project.dir}/cases.js`, CASES);
  await Deno.writeTextFile(
    plain,
    `import { run } from "./cases.js"; console.log(JSON.stringify(await run(() => Deno.openKv(":memory:")))); Deno.exit(0);`,
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--unstable-kv", plain] }).output();
  const expected = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, string>;
  await using nano = await NanoProcess.start(project.configFile);
  const found = await (await nano.fetch("one", "/")).json() as Record<string, string>;
  assertEquals(Object.keys(found).length > 60, true);
  assertEquals(found, expected);
});

Deno.test("Deno.Kv keeps what it acknowledged over kills, for one app alone, within its quota", async (t) => {
  await using project = await TempProject.create({
    one: { files: APP },
    two: { files: APP },
    small: { files: APP, config: { storage_mb: 1 } },
    none: { files: `export default { fetch: () => new Response(typeof Deno[["open", "Kv"].join("")]) };` },
  });
  {
    await using nano = await NanoProcess.start(project.configFile);
    const ask = asker(nano);
    await t.step("databases by path, and another app's", async () => {
      await ask(`const kv = await open(); await kv.set(["a"], { n: 1n, at: new Date(5) }); kv.close();`);
      await ask(`await (await open("./data/shop.db")).set(["a"], "shop"); await (await open("x")).set(["a"], "x");`);
      const read =
        `return [await open(), await open("./data/shop.db"), await open("x"), await open("y")].map((kv) => kv.get(["a"])).reduce(async (all, one) => [...await all, String((await one).value?.n ?? (await one).value)], []);`;
      assertEquals(await ask(read), ["1", "shop", "x", "null"]);
      assertEquals(await ask(read, "two"), ["null", "null", "null", "null"]);
      assertEquals(await (await nano.fetch("none", "/")).text(), "undefined");
    });
    await t.step("what is no path is refused", async () => {
      const told = await ask(`await open("https://api.deno.com/databases/x/connect");`) as { error: string };
      assertStringIncludes(told.error, 'TypeError: Cannot open "https://api.deno.com/databases/x/connect"');
    });
    await t.step("databases in memory are bounded, and end when they are closed", async () => {
      assertEquals(
        await ask(`const all = []; for (let at = 0; at < 4; at++) all.push(await open(":memory:"));
          const more = await open(":memory:").then(() => "open", (error) => error.message);
          await all[0].set(["a"], 1); for (const one of all) one.close();
          const again = await open(":memory:"); const { value } = await again.get(["a"]); again.close();
          return [more, value];`),
        ["Cannot open a database in memory: 4 are open already", null],
      );
    });
    await t.step("a full one says so, can be emptied, and takes more then", async () => {
      const fill =
        `const kv = await open(); for (let at = 0; at < 40; at++) await kv.set(["k", at], new Uint8Array(60_000));`;
      assertEquals(await ask(fill, "small"), {
        error: "Error: Cannot write: Deno.Kv of this app would hold more than storage_mb allows, 1 MiB",
        code: "STORAGE_FULL",
      });
      const empty =
        `const kv = await open(); for await (const { key } of kv.list({ prefix: ["k"] })) await kv.delete(key); return (await kv.set(["k"], 1)).ok;`;
      assertEquals(await ask(empty, "small"), true);
    });
    await t.step("a commit of which one part fails changes nothing", async () => {
      assertEquals(
        await ask(`const kv = await open(":memory:"); await kv.set(["s"], "text");
          const error = await kv.atomic().set(["x"], 1).sum(["s"], 1n).commit().catch((error) => error.name);
          const { value } = await kv.get(["x"]); kv.close(); return [error, value];`),
        ["TypeError", null],
      );
    });
    await t.step("what has expired is gone", async () => {
      assertEquals(
        await ask(`const kv = await open(); await kv.set(["e"], 1, { expireIn: 1 });
          while ((await kv.get(["e"])).value !== null) await new Promise((go) => setTimeout(go, 5));
          return (await kv.atomic().check({ key: ["e"], versionstamp: null }).commit()).ok;`),
        true,
      );
    });
    await ask(`const kv = await open(); await kv.enqueue("kept", { delay: 0 });`);
    nano.signal("SIGKILL");
  }
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano);
  await t.step("after a kill entries and messages are there", async () => {
    assertEquals(await ask(`return (await (await open("x")).get(["a"])).value;`), "x");
    assertEquals(
      await ask(`const kv = await open(); const { promise, resolve } = Promise.withResolvers();
        kv.listenQueue(resolve); const message = await promise; return message;`),
      "kept",
    );
  });
  await t.step("it is a part of backups", async () => {
    const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
    assertEquals((await cli("backup", "one.backup", "--app", "one")).code, 0);
    await ask(`await (await open("x")).set(["a"], "changed");`);
    const restored = await cli("restore", "one.backup", "--json");
    assertEquals(JSON.parse(restored.out).stores.map(({ kind, name }: Record<string, string>) => [kind, name]), [[
      "deno_kv",
      "one",
    ]]);
    assertEquals(await ask(`return (await (await open("x")).get(["a"])).value;`), "x");
  });
});

Deno.test("A message of Deno.Kv whose isolate is gone is delivered by the next one", async () => {
  const handlers = [
    `await kv.set(["taken"], message); await new Promise(() => {});`,
    `await kv.set(["done"], message);`,
  ];
  const app = (version: number) =>
    `const kv = await Deno.openKv();
    kv.listenQueue(async (message) => {
      ${handlers[version]}
    });
    export default {
      async fetch(request) {
        if (request.method === "POST") await kv.enqueue(await request.text());
        return Response.json([(await kv.get(["taken"])).value, (await kv.get(["done"])).value]);
      },
    };`;
  await using project = await TempProject.create({ one: { files: app(0), config: { drain_timeout_ms: 100 } } });
  await using nano = await NanoProcess.start(project.configFile);
  await (await nano.fetch("one", "/", { method: "POST", body: "order" })).body?.cancel();
  const told = async () => await (await nano.fetch("one", "/")).json();
  await until(async () => (await told())[0] === "order", "that it was taken");
  await project.writeFile("one", "index.ts", app(1));
  await until(async () => (await told())[1] === "order", "that the next version has handled it");
});
