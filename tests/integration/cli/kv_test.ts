/** `nano kv` against a real NANO. */
import { assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, type MemoryWorld, type Ran, run } from "../../unit/admin/cli/memory_io.ts";

const APP = "export default { fetch: () => new Response('ok') };";

function done({ code, out, err }: Ran): string {
  assertEquals([code, err], [0, ""]);
  return out;
}

Deno.test("nano kv lists namespaces, puts, gets, lists and deletes keys, one by one and in bulk", async (t) => {
  await using project = await TempProject.create({
    shop: { files: APP, config: { bindings: { CACHE: { kv: "cache" }, OTHER: { kv: "sessions" } } } },
    blog: { files: APP, config: { bindings: { CACHE: { kv: "blog" } } } },
  });
  await using _nano = await NanoProcess.start(project.configFile);
  const within = async (world: MemoryWorld, ...args: string[]) => {
    const io = new MemoryIo(project.dir, {}, world);
    return { ...await run(["kv", ...args], io), io };
  };
  const kv = (...args: string[]) => within({}, ...args);

  await t.step("values of all kinds, byte for byte", async () => {
    assertEquals(
      done(await kv("key", "put", "greeting", "hello", "--namespace", "cache")),
      'Put "greeting" into KV namespace "cache"',
    );
    const bytes = new Uint8Array([0, 255, 10, 0, 13]);
    const fromStdin = await within({ stdin: bytes }, "key", "put", "a/b ü", "--binding", "CACHE", "--app", "shop");
    assertEquals(done(fromStdin), 'Put "a/b ü" into KV namespace "cache"');
    const got = await kv("key", "get", "a/b ü", "--namespace-id", "cache");
    assertEquals([got.code, got.out, got.io.bytes], [0, "", [...bytes]]);
    await Deno.writeFile(`${project.dir}/logo.png`, bytes);
    const metadata = ["--metadata", '{"type":"image/png"}', "--ttl", "3600"];
    done(await kv("key", "put", "logo", "--path", "logo.png", "--binding", "OTHER", ...metadata));
    assertEquals((await kv("key", "get", "logo", "--namespace", "sessions")).io.bytes, [...bytes]);
    const onTerminal = await within({ columns: 80 }, "key", "get", "greeting", "--namespace", "cache");
    assertEquals([new TextDecoder().decode(new Uint8Array(onTerminal.io.bytes)), onTerminal.out], ["hello", ""]);
  });

  await t.step("namespaces and keys as tables and as JSON", async () => {
    const [head, first, ...more] = done(await kv("namespace", "list")).split("\n");
    assertMatch(head!, /^NAMESPACE +KEYS +SIZE +QUOTA +USED BY$/);
    assertMatch(first!, /^blog +0 +0 B +1 GiB +blog \(CACHE\)$/);
    assertMatch(more[0]!, /^cache +2 +\d+ KiB +1 GiB +shop \(CACHE\)$/);
    const listed = JSON.parse(done(await kv("namespace", "list", "--json")));
    assertEquals(listed[1].uses, [{ app: "shop", binding: "CACHE" }]);
    assertMatch(
      done(await kv("key", "list", "--binding", "OTHER")),
      /^KEY +EXPIRES +METADATA\nlogo +2\d{3}-.* +\{"type":/,
    );
    const [key] = JSON.parse(done(await kv("key", "list", "--namespace", "sessions", "--json")));
    assertEquals([key.name, key.metadata, typeof key.expiration], ["logo", { type: "image/png" }, "number"]);
    assertEquals(done(await kv("key", "list", "--namespace", "blog")), 'KV namespace "blog" has no keys');
  });

  await t.step("bulks from files", async () => {
    const entries = Array.from(
      { length: 1200 },
      (_, at) => ({ key: `bulk:${String(at).padStart(4, "0")}`, value: `${at}` }),
    );
    await Deno.writeTextFile(`${project.dir}/entries.json`, JSON.stringify([...entries, { key: "..", value: "x" }]));
    const put = await kv("bulk", "put", "entries.json", "--namespace", "cache");
    assertEquals([put.code, put.out], [1, 'Put 1200 keys into KV namespace "cache"']);
    assertMatch(put.err, /^nano: "\.\.": .*"\.\." is not allowed as a key name/);
    const shown = await kv("key", "list", "--namespace", "cache", "--prefix", "bulk:");
    assertEquals([shown.code, shown.out.split("\n").length], [0, 1001]);
    assertMatch(shown.err, /^There are more than these 1000: --limit N/);
    const keys = done(await kv("key", "list", "--namespace", "cache", "--prefix", "bulk:", "--json"));
    assertEquals(JSON.parse(keys).length, 1200);
    const stdin = JSON.stringify(["bulk:0007", "none", "a/b ü"]);
    const values = JSON.parse(done(await within({ stdin }, "bulk", "get", "-", "--namespace", "cache")));
    assertEquals(values, { "bulk:0007": "7", none: null, "a/b ü": { base64: "AP8KAA0=" } });
    const unasked = await within({ stdin: keys }, "bulk", "delete", "-", "--namespace", "cache");
    assertEquals(unasked.code, 2);
    const gone = await within({ stdin: keys, answers: ["y"] }, "bulk", "delete", "-", "--namespace", "cache");
    assertEquals(done(gone), 'Deleted 1200 keys of KV namespace "cache"');
    assertEquals(
      done(await kv("key", "delete", "greeting", "--namespace", "cache")),
      'Deleted "greeting" of KV namespace "cache"',
    );
    assertEquals(JSON.parse(done(await kv("key", "list", "--namespace", "cache", "--json"))).length, 1);
  });

  await t.step("what is wrong is told with the way out", async () => {
    const cases: [string[], number, RegExp][] = [
      [["key", "get", "x"], 2, /Which KV namespace\? Give --namespace NAME, or --binding NAME/],
      [
        ["key", "get", "x", "--binding", "CACHE"],
        2,
        /Several apps have .*"CACHE": give --app APP\n {2}- blog\n {2}- shop/,
      ],
      [["key", "get", "x", "--binding", "NONE"], 2, /No app has a KV namespace by the name "NONE"/],
      [["key", "get", "x", "--namespace", "a", "--binding", "B"], 2, /exclude each other/],
      [["key", "get", "none", "--namespace", "cache"], 1, /there is no such key \(NOT_FOUND\)/],
      [["key", "put", "x", "y", "--namespace", "none"], 1, /no app names it, and nothing is kept in it \(NOT_FOUND\)/],
      [["key", "put", "x", "y", "--path", "z", "--namespace", "cache"], 2, /VALUE and --path exclude each other/],
      [["key", "put", "x", "--path", "none.txt", "--namespace", "cache"], 2, /Cannot read "none\.txt"/],
      [["key", "put", "x", "y", "--metadata", "{", "--namespace", "cache"], 2, /"--metadata" needs JSON, not "\{"/],
      [["key", "put", "x", "y", "--ttl", "5", "--namespace", "cache"], 2, /Expiration TTL must be at least 60/],
      [["bulk", "put", "logo.png", "--namespace", "cache"], 2, /Cannot read "logo\.png"/],
    ];
    for (const [args, code, message] of cases) {
      const ran = await kv(...args);
      assertEquals([ran.code, ran.out], [code, ""], args.join(" "));
      assertMatch(ran.err, message);
    }
  });
});
