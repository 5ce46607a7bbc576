/** R2 buckets that a fleet keeps: one bucket for the apps of all nodes and for people, streamed, and outliving kills. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { NatsServer } from "../../support/nats_server.ts";
import { pattern } from "../../unit/data/r2_conformance.ts";
import { FleetScene } from "./fleet_scene.ts";

const ignore = await NatsServer.version() === null;
const PART = 5 * 1024 * 1024;

const APP = `export default {
  async fetch(request, { FILES }) {
    const { pathname, searchParams } = new URL(request.url);
    const key = pathname.slice(1);
    try {
      if (request.method === "PUT") {
        const upload = searchParams.get("upload");
        if (upload === null) return Response.json((await FILES.put(key, request.body)).etag);
        const number = Number(searchParams.get("part"));
        return Response.json(await FILES.resumeMultipartUpload(key, upload).uploadPart(number, request.body));
      }
      if (request.method === "POST") {
        const upload = searchParams.get("upload");
        if (upload === null) return Response.json((await FILES.createMultipartUpload(key)).uploadId);
        return Response.json((await FILES.resumeMultipartUpload(key, upload).complete(await request.json())).size);
      }
      if (request.method === "DELETE") return Response.json(await FILES.delete(key) ?? null);
      const found = await FILES.get(key, { range: request.headers });
      return found === null ? new Response(null, { status: 404 }) : new Response(found.body);
    } catch ({ message, code }) {
      return Response.json({ message, code }, { status: 503 });
    }
  },
};`;

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

Deno.test({
  name:
    "What an app puts into a bucket on one node is there on the other, for people too, and outlives engine and nodes",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
    {
      await Deno.writeTextFile(`${folder}/index.js`, APP);
      const shop = { name: "shop", path: folder, hostname: "shop.test", bindings: { FILES: { r2: "shared" } } };
      await using nodes = await FleetScene.create(2, { config: () => ({ apps: [shop] }) });
      const ask = (at: number, path: string, init: RequestInit = {}) =>
        nodes.nodes[at]!.process!.fetch("shop.test", path, init);
      const put = async (at: number, path: string, body: Uint8Array<ArrayBuffer>) =>
        await (await ask(at, path, { method: "PUT", body })).json();
      const read = async (at: number, path: string, headers: HeadersInit = {}) =>
        await (await ask(at, path, { headers })).bytes();

      const status = async (at: number, path: string) => {
        const answer = await ask(at, path);
        await answer.body?.cancel();
        return answer.status;
      };

      const long = pattern(12_000_000);
      assertEquals(await put(0, "/long", long), md5(long));
      assertEquals(md5(await read(1, "/long")), md5(long));
      assertEquals(await read(1, "/long", { range: "bytes=262140-262150" }), long.slice(262_140, 262_151));

      // Parts come by both nodes.
      const upload = await (await ask(0, "/parts", { method: "POST" })).json();
      const parts = [
        await put(0, `/parts?upload=${upload}&part=1`, pattern(PART)),
        await put(1, `/parts?upload=${upload}&part=2`, pattern(99)),
      ];
      const completed = await ask(1, `/parts?upload=${upload}`, { method: "POST", body: JSON.stringify(parts) });
      assertEquals(await completed.json(), PART + 99);
      assertEquals(
        await read(0, "/parts", { range: "bytes=-100" }),
        new Uint8Array([...pattern(PART).slice(-1), ...pattern(99)]),
      );

      // People see the same on any node.
      const buckets = await nodes.cli(1, "r2", "bucket", "list", "--json");
      const [bucket] = JSON.parse(buckets.out) as { name: string; objects: number; bytes: number }[];
      assertEquals([bucket!.name, bucket!.objects], ["shared", 2]);
      assert(bucket!.bytes > 17_000_000);
      await Deno.writeTextFile(`${folder}/a.txt`, "from people");
      const given = await nodes.cli(1, "r2", "object", "put", "shared/a/b.txt", "--file", `${folder}/a.txt`);
      assertEquals(given.code, 0, given.err);
      assertEquals(new TextDecoder().decode(await read(0, "/a/b.txt")), "from people");
      const listed = await nodes.cli(0, "r2", "object", "list", "shared", "--json");
      assertEquals((JSON.parse(listed.out) as { key: string }[]).map(({ key }) => key), ["a/b.txt", "long", "parts"]);
      const got = await nodes.cli(0, "r2", "object", "get", "shared/long", "--file", `${folder}/long`);
      assertEquals([got.code, md5(await Deno.readFile(`${folder}/long`))], [0, md5(long)], got.err);
      assertEquals((await nodes.cli(0, "r2", "object", "delete", "shared/long")).code, 0);
      assertEquals(await status(1, "/long"), 404);

      await nodes.engine.kill();
      const failed = await ask(0, "/parts");
      assertEquals([failed.status, await failed.json()], [503, {
        message: "get: The engine of the fleet cannot be asked (10001)",
        code: "FLEET_UNAVAILABLE",
      }]);
      const told = await nodes.cli(0, "r2", "object", "list", "shared");
      assertEquals(told.code, 1);
      assertMatch(told.err, /Cannot list R2 buckets: /);
      await nodes.engine.again();
      await nodes.until("objects are read again", async () => await status(1, "/parts") === 200);

      // A node is killed while its app puts: what it has acknowledged is on the other.
      const kept = new Map<string, string>();
      let isAlive = true;
      const writing = Array.from({ length: 3 }, async (_, writer) => {
        for (let at = 0; isAlive; at++) {
          const [key, bytes] = [`/w${writer}-${at}`, pattern(at % 2 === 0 ? 100 : 600_000, at)];
          try {
            if (await put(0, key, bytes) === md5(bytes)) kept.set(key, md5(bytes));
          } catch {
            // It was killed in the middle: nobody knows whether this one was kept.
          }
        }
      });
      await nodes.until("some are kept", () => Promise.resolve(kept.size >= 12));
      await nodes.kill(nodes.nodes[0]!);
      isAlive = false;
      await Promise.all(writing);
      for (const [key, digest] of kept) assertEquals(md5(await read(1, key)), digest, key);
    }
    await Deno.remove(folder, { recursive: true });
  },
});
