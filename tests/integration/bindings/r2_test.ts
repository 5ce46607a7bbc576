/** R2 buckets over the wire: an app's own code against env, as it would be on Workers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

type Ask = (name: string, ...given: unknown[]) => Promise<unknown>;

function asker(nano: NanoProcess, app: string, binding = "FILES"): Ask {
  return async (name, ...given) => {
    const path = `/${name}?binding=${binding}`;
    const answer = await nano.fetch(app, path, { method: "POST", body: JSON.stringify(given) });
    const text = await answer.text();
    assertEquals(answer.status, 200, text);
    const told = JSON.parse(text);
    return "error" in told ? told : told.result;
  };
}

const MIB = 1024 * 1024;

Deno.test("R2 keeps objects as Workers do", async (t) => {
  await using project = await TempProject.create({
    one: { fixture: "r2", config: { bindings: { FILES: { r2: "shared" }, OWN: { r2: "own" } } } },
    two: { fixture: "r2", config: { bindings: { FILES: { r2: "shared" } }, streams: "polyfill" } },
    small: { fixture: "r2", config: { bindings: { FILES: { r2: "small" } }, storage_mb: 1 } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano, "one");

  await t.step("every kind of value, in both stream modes", async () => {
    const expected = {
      text: [6, "68c3a96c6c6f"],
      empty: [0, ""],
      buffer: [2, "0102"],
      view: [3, "010203"],
      data: [2, "0102"],
      wide: [4, "01000200"],
      blob: [9, "696e206120626c6f62"],
      fixed: [3, "070809"],
      response: [13, "6f66206120726573706f6e7365"],
      bytesResponse: [2, "0506"],
      blobStream: [8, "73747265616d6564"],
      request: [12, "6f6620612072657175657374"],
      clone: [10, "6f66206120636c6f6e65"],
      tee: [3, "746565"],
    };
    assertEquals(await ask("kinds"), expected);
    assertEquals(await asker(nano, "two")("kinds"), expected);
  });

  await t.step("what is known of an object", async () => {
    const etag = "9dd4e461268c8034f5c8564e155c67a6";
    const expected = {
      key: "known",
      size: 1,
      etag,
      httpEtag: `"${etag}"`,
      httpMetadata: {},
      customMetadata: {},
      checksums: { md5: etag },
      storageClass: "Standard",
      version: true,
      uploaded: true,
    };
    assertEquals(await ask("put", "known", "x"), expected);
    assertEquals(await ask("head", "known"), expected);
    assertEquals(await ask("head", "unknown"), null);
    assertEquals(await ask("get", "unknown"), null);
    await ask("put", "known", "y", { storageClass: "InfrequentAccess" });
    assertEquals((await ask("head", "known") as { storageClass: string }).storageClass, "InfrequentAccess");
    await ask("delete", "known");
    assertEquals(await ask("head", "known"), null);
    assertEquals(await ask("delete", "known"), null);
  });

  await t.step("every way to read a body", async () => {
    assertEquals(await ask("reads"), {
      json: { a: 1 },
      bytes: "7b2261223a317d",
      blob: ["application/json", '{"a":1}'],
      stream: '{"a":1}',
      copied: 7,
      used: [
        false,
        true,
        "TypeError: Body has already been used. It can only be used once. Use tee() first if you need to read it twice.",
      ],
    });
  });

  await t.step("http and custom metadata", async () => {
    assertEquals(await ask("metadata"), [
      { contentType: "text/html", cacheControl: "no-store", cacheExpiry: "2026-10-21T07:28:00.000Z" },
      { by: "ich", ä: "日本", __proto__x: "y" },
      [["cache-control", "no-store"], ["content-type", "text/html"], ["expires", "Wed, 21 Oct 2026 07:28:00 GMT"]],
      true,
    ]);
  });

  await t.step("checksums are verified and kept", async () => {
    const md5 = "5fc4aaa96ef4b9a9c59c8b7f1a4aa2a6";
    const found = await ask("checksums") as [boolean, string[], string][];
    assertEquals(found.map(([isSame, names]) => [isSame, names]), [
      [true, ["md5", "sha1"]],
      [true, ["md5", "sha256"]],
      [true, ["md5", "sha384"]],
      [true, ["md5", "sha512"]],
    ]);
    assertEquals(found[0]![2].length, md5.length);
  });

  await t.step("ranges", async () => {
    await ask("put", "ten", "0123456789");
    const rows: [object, string, number, number][] = [
      [{ offset: 3 }, "3456789", 3, 7],
      [{ length: 2 }, "01", 0, 2],
      [{ offset: 8, length: 5 }, "89", 8, 2],
      [{ suffix: 3 }, "789", 7, 3],
      [{ suffix: 30 }, "0123456789", 0, 10],
    ];
    for (const [range, text, offset, length] of rows) {
      assertEquals(await ask("get", "ten", { range }), [text, { offset, length }], JSON.stringify(range));
    }
    const headers: [string, string][] = [
      ["bytes=2-4", "234"],
      ["bytes=7-", "789"],
      ["bytes=-2", "89"],
      ["bytes=5-100", "56789"],
      ["bytes=0-1,3-4", "0123456789"],
      ["bytes=20-30", "0123456789"],
      ["lines=1-2", "0123456789"],
    ];
    for (const [range, text] of headers) {
      assertEquals(await (await nano.fetch("one", "/download?key=ten", { headers: { range } })).text(), text, range);
    }
  });

  await t.step("conditions of gets and puts", async () => {
    assertEquals(await ask("conditions"), {
      matches: true,
      other: false,
      any: true,
      differs: true,
      same: false,
      before: true,
      notBefore: false,
      after: true,
      notAfter: false,
      ifMatch: true,
      weakMatch: false,
      ifNone: false,
      modified: false,
      noHeader: true,
      both: true,
    });
    assertEquals(await ask("conditionalPut"), [true, null, true, "3"]);
  });

  await t.step("lists with prefix, delimiter, cursor, limit and startAfter", async () => {
    const own = asker(nano, "one", "OWN");
    const keys = ["a", "a/1", "a/2/x", "a/2/y", "b/1", "b/2", "ä", "\u{10ffff}"];
    for (const key of keys) {
      await own("put", key, key, { customMetadata: { key }, httpMetadata: { contentType: "x/y" } });
    }
    assertEquals(await own("list"), { keys, truncated: false, delimitedPrefixes: [] });
    assertEquals(await own("list", { prefix: "a/" }), {
      keys: keys.slice(1, 4),
      truncated: false,
      delimitedPrefixes: [],
    });
    const root = { keys: ["a", "ä", "\u{10ffff}"], truncated: false, delimitedPrefixes: ["a/", "b/"] };
    assertEquals(await own("list", { delimiter: "/" }), root);
    assertEquals(await own("list", { delimiter: "/", prefix: "a/" }), {
      keys: ["a/1"],
      truncated: false,
      delimitedPrefixes: ["a/2/"],
    });
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await own("list", { delimiter: "/", limit: 2, ...cursor === undefined ? {} : { cursor } }) as {
        keys: string[];
        delimitedPrefixes: string[];
        cursor?: string;
        truncated: boolean;
      };
      found.push(...page.keys, ...page.delimitedPrefixes);
      assertEquals(page.truncated, page.cursor !== undefined);
      cursor = page.cursor;
      pages++;
    } while (cursor !== undefined);
    assertEquals([pages, found.sort()], [3, [...root.keys, ...root.delimitedPrefixes].sort()]);
    assertEquals((await own("list", { startAfter: "b/1" }) as { keys: string[] }).keys, ["b/2", "ä", "\u{10ffff}"]);
    const [plain] = await own("listed", { prefix: "b/1" }) as Record<string, unknown>[];
    assertEquals([plain!["customMetadata"], plain!["httpMetadata"], plain!["key"]], [undefined, undefined, "b/1"]);
    const include = ["customMetadata", "httpMetadata"];
    const [told] = await own("listed", { prefix: "b/1", include }) as Record<string, unknown>[];
    assertEquals([told!["customMetadata"], told!["httpMetadata"]], [{ key: "b/1" }, { contentType: "x/y" }]);
    await own("delete", keys);
    assertEquals(await own("list"), { keys: [], truncated: false, delimitedPrefixes: [] });
  });

  await t.step("what Workers refuse is refused in their words", async () => {
    const rows: Record<string, string> = {
      longKey: "Error: put: The specified object name is not valid. (10020)",
      longerKey: "Error: get: The specified object name is not valid. (10020)",
      emptyKey: "Error: head: The specified object name is not valid. (10020)",
      metadata: "Error: put: Your metadata headers exceed the maximum allowed metadata size. (10012)",
      hugeMetadata: "Error: put: Your metadata headers exceed the maximum allowed metadata size. (10012)",
      md5: "Error: put: The MD5 checksum you specified did not match what we received.\n" +
        "You provided a MD5 checksum with value: 00000000000000000000000000000000\n" +
        "Actual MD5 was: 9dd4e461268c8034f5c8564e155c67a6 (10037)",
      shortMd5: "TypeError: MD5 is 32 hex characters, not 2",
      noHex: "TypeError: Provided MD5 wasn't a valid hex string",
      shortBytes: "TypeError: SHA-1 is 20 bytes, not 3",
      twoSums: "TypeError: You cannot specify multiple hashing algorithms.",
      number: "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type 'ReadableStream or " +
        "ArrayBuffer or ArrayBufferView or string or Blob'.",
      quotes: 'TypeError: Conditional ETag should not be wrapped in quotes ("x").',
      date: "TypeError: Incorrect type for the 'uploadedBefore' field on 'Conditional': the provided value is not of " +
        "type 'date'.",
      negative: "RangeError: Invalid range. Starting offset (-1) must be greater than or equal to 0.",
      half: "RangeError: Invalid range. Length (1.5) must be an integer, not floating point.",
      suffixAndOffset: "TypeError: Suffix is incompatible with offset.",
      beyond: "Error: get: The requested range is not satisfiable (10039)",
      nothing: "Error: get: The requested range is not satisfiable (10039)",
      limit: "Error: list: MaxKeys params must be positive integer <= 1000. (10022)",
      highLimit: "Error: list: MaxKeys params must be positive integer <= 1000. (10022)",
      include: "RangeError: Unsupported include value all",
      cursor: "Error: list: The cursor is not valid. (10029)",
      many: "Error: delete: You can delete at most 1000 keys at once. (10029)",
      ssec: "TypeError: NANO's R2 has no keys of customers (ssecKey)",
      class: 'Error: put: The storage class "Gold" is not valid. (10029)',
      httpUnknown:
        "TypeError: HTTP metadata unknown for key `ten`. Did you forget to add 'httpMetadata' to `include` " +
        "when listing?",
    };
    assertEquals(await ask("refusals", ...Object.keys(rows)), rows);
    assertEquals(await ask("head", "k"), null);
    assertEquals(
      await ask("unknownLength"),
      "TypeError: Provided readable stream must have a known length (request/response body or readable half of " +
        "FixedLengthStream)",
    );
    for (const sent of [2, 4]) {
      const [told, kept] = await ask("wrongLength", 3, sent) as [string, unknown];
      assertStringIncludes(told, "FixedLengthStream");
      assertEquals(kept, null);
    }
  });

  await t.step("uploads of several parts", async () => {
    const sizes = [5 * MIB, 5 * MIB, 1000];
    const whole = createHash("md5");
    for (const [at, size] of sizes.entries()) {
      whole.update(createHash("md5").update(new Uint8Array(size).fill(at + 1)).digest());
    }
    assertEquals(await ask("multipart", sizes), {
      size: 10 * MIB + 1000,
      etag: `${whole.digest("hex")}-3`,
      customMetadata: { by: "parts" },
      httpMetadata: { contentType: "x/y" },
      again: "Error: completeMultipartUpload: The specified multipart upload does not exist. (10024)",
      sums: {},
    });
    assertEquals(await ask("middle", "parts", { offset: 5 * MIB - 2, length: 5 * MIB + 4 }), [
      { offset: 5 * MIB - 2, length: 5 * MIB + 4 },
      { 1: 2, 2: 5 * MIB, 3: 2 },
    ]);
    const number = "TypeError: Part number must be between 1 and 10000 (inclusive). Actual value was:";
    const complete = "Error: completeMultipartUpload:";
    assertEquals(await ask("multipartRules"), [
      `${number} 0`,
      `${number} 10001`,
      `${complete} Your proposed upload is smaller than the minimum allowed object size. (10011)`,
      `${complete} One or more of the specified parts could not be found. (10025)`,
      `${complete} We encountered an internal error. Please try again. (10001)`,
      `${complete} There was a problem with the multipart upload. (10048)`,
      "Error: uploadPart: The specified multipart upload does not exist. (10024)",
      `${complete} We encountered an internal error. Please try again. (10001)`,
      "Error: abortMultipartUpload: We encountered an internal error. Please try again. (10001)",
      null,
      `${complete} The specified multipart upload does not exist. (10024)`,
      "Error: uploadPart: The specified multipart upload does not exist. (10024)",
    ]);
  });

  await t.step("long objects are streamed both ways, and outlive their replacement while they are read", async () => {
    const size = 20 * MIB + 17;
    assertEquals(await ask("big", "big", size), size);
    assertEquals(await ask("count", "big"), size);
    assertEquals(await ask("count", "big", { offset: MIB + 1, length: 3 * MIB }), 3 * MIB);
    assertEquals(await asker(nano, "two")("count", "big", { suffix: 5 * MIB }), 5 * MIB);
    const sent = await nano.fetch("one", "/upload?key=sent", { method: "POST", body: new Uint8Array(size).fill(4) });
    assertEquals((await sent.json() as { size: number }).size, size);
    const taken = new Uint8Array(await (await nano.fetch("two", "/download?key=sent")).arrayBuffer());
    assertEquals([taken.byteLength, taken.every((byte) => byte === 4)], [size, true]);
    assertEquals(await ask("replacedWhileRead", "sent"), [size, "new"]);
    // More than an isolate may have open at once.
    await asker(nano, "one", "OWN")("big", "big", MIB);
    assertEquals(await asker(nano, "one", "OWN")("unread", "big", 300), "done");
  });

  await t.step("apps share a bucket by its name, and a bucket holds no more than storage_mb", async () => {
    await ask("put", "common", "yes");
    assertEquals(await asker(nano, "two")("get", "common"), ["yes", { offset: 0, length: 3 }]);
    assertEquals(await asker(nano, "one", "OWN")("get", "common"), null);
    const small = asker(nano, "small");
    const told = await small("big", "much", 2 * MIB) as { error: string; code: string };
    assertStringIncludes(told.error, "put: The bucket would hold more than storage_mb allows, 1 MiB (100100)");
    assertEquals(told.code, "STORAGE_FULL");
    let last: unknown = null;
    for (let at = 0; at < 20 && (last as { code?: string } | null)?.code === undefined; at++) {
      last = await small("put", `k${at}`, `${at}`.repeat(100_000));
    }
    assertEquals((last as { code: string }).code, "STORAGE_FULL");
    await small("delete", Array.from({ length: 20 }, (_, at) => `k${at}`));
    assertEquals((await small("put", "again", "x".repeat(100_000)) as { size: number }).size, 100_000);
  });

  await t.step("files are gone with their objects, and nothing unfinished stays", async () => {
    for (const app of ["one", "small"]) {
      const { keys } = await asker(nano, app)("list") as { keys: string[] };
      await asker(nano, app)("delete", keys);
    }
    for (const bucket of ["shared", "small"]) {
      const folder = `${project.dir}/.nano/data/r2/${bucket}.files`;
      const names = (path: string) => Array.fromAsync(Deno.readDir(path), ({ name }) => name);
      assertEquals(await names(folder), ["tmp"]);
      const mode = (await Deno.stat(`${project.dir}/.nano/data/r2/${bucket}.db`)).mode!;
      assertEquals(mode & 0o777, 0o600);
      assert(((await Deno.stat(folder)).mode! & 0o777) === 0o700);
    }
  });
});
