/** R2 against Cloudflare's own types: an app that the compiler takes by them does what they say. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Only this test needs them, and no file of NANO may see their globals: they stand in no import map. */
const TYPES = "npm:@cloudflare/workers-types@5.20261117.1/index.d.ts";

const APP = `/// <reference types="${TYPES}" />
interface Env {
  readonly FILES: R2Bucket;
}

async function everyMethod(bucket: R2Bucket, { headers, body }: Request): Promise<unknown> {
  const kept: R2Object = await bucket.put("typed", body, {
    httpMetadata: headers,
    customMetadata: { by: "types" },
    storageClass: "Standard",
  });
  const refused: R2Object | null = await bucket.put("typed", "other", { onlyIf: { etagDoesNotMatch: kept.etag } });
  const same: R2Object | R2ObjectBody | null = await bucket.get("typed", { onlyIf: headers });
  const part: R2ObjectBody | null = await bucket.get("typed", { range: { offset: 1, length: 2 } });
  const suffix: R2ObjectBody | null = await bucket.get("typed", { range: { suffix: 2 } });
  const head: R2Object | null = await bucket.head("typed");
  const checksums: R2Checksums = head!.checksums;
  const page: R2Objects = await bucket.list({ prefix: "ty", limit: 10, include: ["customMetadata"], delimiter: "/" });
  const upload = await bucket.createMultipartUpload("parts", { customMetadata: { parts: "1" } });
  const sent: R2UploadedPart = await bucket.resumeMultipartUpload(upload.key, upload.uploadId).uploadPart(1, "part");
  const whole: R2Object = await upload.complete([sent]);
  const other = await bucket.createMultipartUpload("parts");
  await other.abort();
  await bucket.delete(["typed", "parts"]);
  return {
    kept: [kept.key, kept.size, kept.httpMetadata?.contentType, kept.uploaded instanceof Date, kept.version.length],
    refused,
    same: "body" in same!,
    part: [await part!.text(), part!.range],
    suffix: new TextDecoder().decode(await suffix!.bytes()),
    checksums: [checksums.md5!.byteLength, checksums.toJSON().sha1 === undefined],
    page: [page.objects.map(({ customMetadata }) => customMetadata), page.truncated, page.delimitedPrefixes],
    whole: [whole.size, whole.etag.endsWith("-1"), whole.customMetadata],
    left: (await bucket.list()).objects.length,
  };
}

export default {
  async fetch(request: Request, { FILES }: Env): Promise<Response> {
    return Response.json(await everyMethod(FILES, request));
  },
};
`;

Deno.test("R2 is what Cloudflare's own types say, in a Workers project whose bucket is its own", async () => {
  const wrangler = (name: string) =>
    JSON.stringify({ name, main: "index.ts", r2_buckets: [{ binding: "FILES", bucket_name: "Same_Bucket" }] });
  await using project = await TempProject.create({
    worker: { files: { "index.ts": APP, "wrangler.json": wrangler("worker") } },
    rival: { files: { "index.ts": APP, "wrangler.json": wrangler("rival") } },
  });
  // Alone: these types are global, and others than Deno's.
  await Deno.writeTextFile(`${project.dir}/deno.json`, '{ "compilerOptions": { "lib": ["esnext"], "strict": true } }');
  const check = new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", `${project.dir}/deno.json`, `${project.dir}/apps/worker/index.ts`],
    env: { NO_COLOR: "1" },
  });
  const { code, stderr } = await check.output();
  assertEquals([code, new TextDecoder().decode(stderr).replace(/^(Check|Download).*\n/gm, "")], [0, ""]);
  await using nano = await NanoProcess.start(project.configFile);
  const init = { method: "POST", body: "0123456789", headers: { "content-type": "text/typed" } };
  const expected = {
    kept: ["typed", 10, "text/typed", true, 32],
    refused: null,
    same: true,
    part: ["12", { offset: 1, length: 2 }],
    suffix: "89",
    checksums: [16, true],
    page: [[{ by: "types" }], false, []],
    whole: [4, true, { parts: "1" }],
    left: 0,
  };
  const answers = await Promise.all(["worker", "rival"].map((app) => nano.fetch(app, "/", init)));
  for (const answer of answers) assertEquals(JSON.parse(await answer.text()), expected);
  const names = await Array.fromAsync(Deno.readDir(`${project.dir}/.nano/data/r2`), ({ name }) => name);
  assertEquals(names.filter((name) => name.endsWith(".db")).map((name) => name.split(".")[0]).sort(), [
    "rival",
    "worker",
  ]);
});
