/** `nano backup` and `nano restore` against a real NANO. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, type Ran, run } from "../../unit/admin/cli/memory_io.ts";
import { until } from "../life/until.ts";

/** `/put?word=` keeps a word in each kind of store, `/look` tells what they hold. */
const APP = `export default {
  async fetch(request, { CACHE, DB, FILES, JOBS }) {
    const { pathname, searchParams } = new URL(request.url);
    const word = searchParams.get("word");
    if (pathname === "/put") {
      await CACHE.put("word", word);
      await DB.exec("CREATE TABLE IF NOT EXISTS words (word TEXT)");
      await DB.prepare("DELETE FROM words").run();
      await DB.prepare("INSERT INTO words VALUES (?)").bind(word).run();
      await FILES.put("word", word.repeat(100_000));
      await FILES.delete("other");
      if (word === "one") await JOBS.send(word);
    }
    const row = await DB.prepare("SELECT word FROM words").first("word").catch(() => null);
    const object = await FILES.get("word");
    return Response.json([await CACHE.get("word"), row, object === null ? null : (await object.text()).slice(0, 3)]);
  },
};`;

const BINDINGS = (name: string) => ({
  CACHE: { kv: name },
  DB: { d1: name },
  FILES: { r2: name },
  JOBS: { queue: name },
});
const APPS = {
  shop: { files: APP, config: { bindings: BINDINGS("shop") } },
  blog: { files: APP, config: { bindings: BINDINGS("blog") } },
};

function done({ code, out, err }: Ran): string {
  assertEquals([code, err.replace(/^(?:Copying|Sending|Checking) .*\n?/gm, "")], [0, ""]);
  return out;
}

Deno.test("A backup of all data, or of one app, is restored as it was, also by another NANO", async (t) => {
  await using project = await TempProject.create(APPS);
  await using nano = await NanoProcess.start(project.configFile);
  const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
  const put = async (app: string, word: string) => await (await nano.fetch(app, `/put?word=${word}`)).json();
  const look = async (app: string, from = nano) => await (await from.fetch(app, "/look")).json();
  const messages = async (queue: string) =>
    JSON.parse(done(await cli("queue", "info", queue, "--json"))).messages as number;

  await t.step("what was kept comes back", async () => {
    assertEquals(await put("shop", "one"), ["one", "one", "one"]);
    assertEquals(await put("blog", "one"), ["one", "one", "one"]);
    assertMatch(done(await cli("backup", "all.backup")), /^Wrote all\.backup \(\d+ KiB\)$/);
    assertEquals((await Deno.stat(`${project.dir}/all.backup`)).mode! & 0o777, 0o600);
    await put("shop", "two");
    await put("blog", "two");
    done(await cli("queue", "purge", "shop", "--yes"));
    assertMatch(
      done(await cli("restore", "all.backup")),
      /^Restored 8 stores with 1 file of objects \(293 KiB\), as of /,
    );
    assertEquals(await look("shop"), ["one", "one", "one"]);
    assertEquals(await look("blog"), ["one", "one", "one"]);
    assertEquals(await messages("shop"), 1);
    // And goes on as before.
    assertEquals(await put("shop", "six"), ["six", "six", "six"]);
  });
  await t.step("a part of it leaves the others alone", async () => {
    await put("blog", "two");
    assertMatch(done(await cli("restore", "all.backup", "--app", "shop")), /^Restored 4 stores /);
    assertEquals([await look("shop"), await look("blog")], [["one", "one", "one"], ["two", "two", "two"]]);
    done(await cli("backup", "blog.backup", "--app", "blog"));
    await put("blog", "six");
    await put("shop", "six");
    assertMatch(done(await cli("restore", "blog.backup")), /^Restored 4 stores /);
    assertEquals([await look("shop"), await look("blog")], [["six", "six", "six"], ["two", "two", "two"]]);
    const { code, err } = await cli("restore", "blog.backup", "--app", "shop");
    assertEquals(code, 1);
    assertMatch(err, /it has nothing of app "shop"/);
  });
  await t.step("a check changes nothing, and neither stands in the history", async () => {
    assertMatch(
      done(await cli("restore", "all.backup", "--check")),
      /^The backup is whole, and would restore 8 stores/,
    );
    assertEquals(await look("shop"), ["six", "six", "six"]);
    const history = JSON.parse(done(await cli("history", "--json"))).entries as { action: string; error: unknown }[];
    const own = history.filter(({ action }) => /^data\./.test(action)).map((
      { action, error },
    ) => [action, error !== null]);
    assertEquals(own.reverse(), [
      ["data.backup", false],
      ["data.restore", false],
      ["data.restore", false],
      ["data.backup", false],
      ["data.restore", false],
      ["data.restore", true],
    ]);
  });
  await t.step("wrong use", async () => {
    const unknown = await cli("backup", "x.backup", "--app", "none");
    assertEquals(unknown.code, 1);
    assertMatch(unknown.err, /Cannot back up app "none": there is no such app/);
    assertMatch((await cli("restore", "none.backup")).err, /Cannot read "none.backup"/);
    assertMatch((await cli("backup", "none/x.backup")).err, /Cannot write the backup "none\/x.backup"/);
  });
  await t.step("another NANO with an empty state folder", async () => {
    await using other = await TempProject.create(APPS);
    await using fresh = await NanoProcess.start(other.configFile);
    await Deno.copyFile(`${project.dir}/all.backup`, `${other.dir}/all.backup`);
    assertMatch((await run(["restore", "all.backup"], new MemoryIo(other.dir))).out, /^Restored 8 stores/);
    assertEquals(await look("shop", fresh), ["one", "one", "one"]);
  });
  await t.step("nothing is left in the folder of all data", () => {
    const names = [...Deno.readDirSync(`${project.dir}/.nano/data`)].map(({ name }) => name).sort();
    for (const folder of [".backup", ".restore"]) {
      if (names.includes(folder)) assertEquals([...Deno.readDirSync(`${project.dir}/.nano/data/${folder}`)], []);
    }
    assert(names.includes("kv"));
  });
});

Deno.test("A backup that is damaged in any place, or is none, is refused and changes nothing", async () => {
  await using project = await TempProject.create({ shop: APPS.shop });
  await using nano = await NanoProcess.start(project.configFile);
  const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
  await (await nano.fetch("shop", "/put?word=one")).body?.cancel();
  done(await cli("backup", "good.backup"));
  await (await nano.fetch("shop", "/put?word=two")).body?.cancel();
  const good = await Deno.readFile(`${project.dir}/good.backup`);
  const flipped = (at: number) => {
    const bytes = good.slice();
    bytes[at]! ^= 1;
    return bytes;
  };
  const places = [
    0,
    300,
    600,
    2000,
    Math.floor(good.length / 2),
    good.length - 1500,
    good.length - 70,
    good.length - 1,
  ];
  const cases: [string, Uint8Array<ArrayBuffer>][] = [
    ...places.map((at) => [`a flipped bit at ${at}`, flipped(at)] as [string, Uint8Array<ArrayBuffer>]),
    ...[0, 1, 511, 4096, good.length - 1].map((length) =>
      [`cut after ${length}`, good.slice(0, length)] as [string, Uint8Array<ArrayBuffer>]
    ),
    ["a byte more", new Uint8Array([...good, 10])],
    ["text", new TextEncoder().encode("hello\n".repeat(1000))],
    [
      "gzip",
      new Uint8Array(await new Response(new Blob([good]).stream().pipeThrough(new CompressionStream("gzip"))).bytes()),
    ],
  ];
  for (const [name, bytes] of cases) {
    await Deno.writeFile(`${project.dir}/bad.backup`, bytes);
    const { code, err } = await cli("restore", "bad.backup");
    assertEquals([name, code], [name, 2]);
    assertMatch(err, /Cannot use the backup: /, name);
  }
  assertEquals(await (await nano.fetch("shop", "/look")).json(), ["two", "two", "two"]);
});

Deno.test("A backup that nobody reads to its end leaves nothing, and a restore that a kill has interrupted is ended by the next start", async () => {
  await using project = await TempProject.create({ shop: APPS.shop });
  const data = `${project.dir}/.nano/data`;
  {
    await using nano = await NanoProcess.start(project.configFile);
    const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
    await (await nano.fetch("shop", "/put?word=one")).body?.cancel();
    await Deno.writeFile(`${project.dir}/long.bin`, crypto.getRandomValues(new Uint8Array(65_536)));
    await Deno.truncate(`${project.dir}/long.bin`, 64 * 1024 * 1024);
    done(await cli("r2", "object", "put", "shop/long", "--file", "long.bin"));
    const token = (await Deno.readTextFile(`${project.dir}/.nano/admin_token`)).trim();
    const gone = new AbortController();
    const response = await fetch(`${nano.adminUrl}/admin/backup`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      signal: gone.signal,
    });
    assert(Number(response.headers.get("content-length")) > 64 * 1024 * 1024);
    const reader = response.body!.getReader();
    await reader.read();
    gone.abort();
    await reader.read().catch(() => {});
    await until(() => [...Deno.readDirSync(`${data}/.backup`)].length === 0, "the copies of the backup to go");
    done(await cli("backup", "one.backup"));
    await (await nano.fetch("shop", "/put?word=two")).body?.cancel();
    nano.signal("SIGKILL");
  }
  // What a kill leaves right after the plan was written: the new file waits.
  await Deno.mkdir(`${data}/.restore/x/new/kv`, { recursive: true });
  const unpacked = new Deno.Command("tar", { args: ["-xf", `${project.dir}/one.backup`, "-C", project.dir] });
  assertEquals((await unpacked.output()).code, 0);
  const { stores } = JSON.parse(await Deno.readTextFile(`${project.dir}/manifest.json`)) as {
    stores: { kind: string; file: string }[];
  };
  await Deno.rename(
    `${project.dir}/${stores.find(({ kind }) => kind === "kv")!.file}`,
    `${data}/.restore/x/new/kv/shop.db`,
  );
  await Deno.writeTextFile(`${data}/.restore/plan.json`, JSON.stringify({ id: "x", stores: ["kv/shop"] }));
  await using again = await NanoProcess.start(project.configFile);
  assertEquals(await (await again.fetch("shop", "/look")).json(), ["one", "two", "two"]);
  const told = again.events.filter(({ event }) => event === "warning").map((record) => String(record["text"]));
  assertEquals(told.filter((text) => text.startsWith("Ended the restore of a backup")).length, 1);
});
