/** `nano r2` and the admin API's R2 against a real NANO. */
import { createHash } from "node:crypto";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AdminClient } from "../../../admin/client/client.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, type MemoryWorld, type Ran, run } from "../../unit/admin/cli/memory_io.ts";

const APP = `export default {
  async fetch(request, { FILES }) {
    const object = await FILES.get(decodeURIComponent(new URL(request.url).pathname.slice(1)));
    return object === null ? new Response(null, { status: 404 }) : new Response(object.body, {
      headers: { "x-type": object.httpMetadata.contentType ?? "none" },
    });
  },
};`;

function sumOf(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function done({ code, out, err }: Ran): string {
  assertEquals([code, err], [0, ""]);
  return out;
}

Deno.test("nano r2 lists buckets, puts, gets, lists and deletes objects as apps see them", async (t) => {
  await using project = await TempProject.create({
    shop: { files: APP, config: { bindings: { FILES: { r2: "files" } } } },
    small: { files: APP, config: { bindings: { FILES: { r2: "small" } }, storage_mb: 1 } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const within = async (world: MemoryWorld, ...args: string[]) => {
    const io = new MemoryIo(project.dir, {}, world);
    return { ...await run(["r2", ...args], io), io };
  };
  const r2 = (...args: string[]) => within({}, ...args);
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const long = new Uint8Array(2_000_000);
  for (let at = 0; at < long.length; at += bytes.length) long.set(bytes.subarray(0, long.length - at), at);

  await t.step("files and stdin, byte for byte, also as the app reads them", async () => {
    await Deno.writeFile(`${project.dir}/long.bin`, long);
    assertEquals(
      done(await r2("object", "put", "files/a/long ü.bin", "--file", "long.bin", "--content-type", "x/long")),
      'Put "a/long ü.bin" into R2 bucket "files": 1.9 MiB',
    );
    const stdin = new Uint8Array([0, 255, 10, 0, 13]);
    done(await within({ stdin }, "object", "put", "files/short"));
    assertEquals((await r2("object", "get", "files/short")).io.bytes, [...stdin]);
    assertEquals(
      done(await r2("object", "get", "files/a/long ü.bin", "--file", "got.bin")),
      'Wrote "a/long ü.bin" of R2 bucket "files" into got.bin',
    );
    assertEquals(sumOf(await Deno.readFile(`${project.dir}/got.bin`)), sumOf(long));
    const seen = await nano.fetch("shop", "/a/long%20%C3%BC.bin");
    assertEquals([seen.headers.get("x-type"), sumOf(await seen.bytes())], ["x/long", sumOf(long)]);
  });

  await t.step("buckets and objects as tables and as JSON", async () => {
    const [head, first, second] = done(await r2("bucket", "list")).split("\n");
    assertMatch(head!, /^BUCKET +OBJECTS +SIZE +QUOTA +USED BY$/);
    assertMatch(first!, /^files +2 +[\d.]+ MiB +1 GiB +shop \(FILES\)$/);
    assertMatch(second!, /^small +0 +0 B +1 MiB +small \(FILES\)$/);
    assertMatch(
      done(await r2("object", "list", "files")),
      /^KEY +SIZE +UPLOADED +TYPE\na\/long ü\.bin +1\.9 MiB +2.* +x\/long\nshort +5 B +2.* +-$/,
    );
    const listed = JSON.parse(done(await r2("object", "list", "files", "--prefix", "s", "--json")));
    assertEquals(listed.map(({ key, size }: { key: string; size: number }) => [key, size]), [["short", 5]]);
    assertEquals(done(await r2("object", "list", "small")), 'R2 bucket "small" has no objects');
  });

  await t.step("pages and prefixes by the API", async () => {
    const token = (await Deno.readTextFile(`${project.dir}/.nano/admin_token`)).trim();
    const { r2: client } = new AdminClient({ url: nano.adminUrl!, token });
    const first = await client.objects("files", { limit: 1 });
    assertEquals([first.objects.map(({ key }) => key), first.cursor === null], [["a/long ü.bin"], false]);
    const next = await client.objects("files", { limit: 1, cursor: first.cursor! });
    assertEquals([next.objects.map(({ key }) => key), next.cursor], [["short"], null]);
    assertEquals((await client.objects("files", { delimiter: "/" })).prefixes, ["a/"]);
    const { key, size, http_metadata } = await client.head("files", "a/long ü.bin");
    assertEquals([key, size, http_metadata], ["a/long ü.bin", long.length, { contentType: "x/long" }]);
    await assertRejects(() => client.head("files", "none"), Error, "there is no such object");
    await assertRejects(() => client.head("small", "none"), Error, "there is no such object");
    assertEquals((await client.buckets()).map(({ max_bytes }) => max_bytes), [1024 ** 3, 1024 ** 2]);
  });

  await t.step("what is deleted is gone, and what is wrong is told", async () => {
    assertEquals(done(await r2("object", "delete", "files/short")), 'Deleted "short" of R2 bucket "files"');
    const gone = await nano.fetch("shop", "/short");
    assertEquals([gone.status, await gone.text()], [404, ""]);
    const cases: [string[], number, RegExp][] = [
      [["object", "get", "files"], 2, /"files" names no object: expected BUCKET\/KEY/],
      [["object", "get", "files/short"], 1, /there is no such object \(NOT_FOUND\)/],
      [["object", "get", "none/short"], 1, /no app names it, and nothing is kept in it \(NOT_FOUND\)/],
      [["object", "put", "files/x", "--file", "none.bin"], 2, /Cannot read "none\.bin"/],
      [["object", "put", "small/x", "--file", "long.bin"], 1, /more than storage_mb allows, 1 MiB.*\(CONFLICT\)/],
      [["object", "put", `files/${"k".repeat(1025)}`, "--file", "long.bin"], 2, /object name is not valid\. \(10020\)/],
    ];
    for (const [args, code, message] of cases) {
      const ran = await r2(...args);
      assertEquals([ran.code, ran.out], [code, ""], `${args.join(" ")}: ${ran.err}`);
      assertMatch(ran.err, message);
    }
  });
});
