import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createDeflateRaw, createGzip } from "node:zlib";
import { NanoError } from "../../../runtime/errors.ts";
import { UNPACK_LIMITS } from "../../../runtime/store/unpack_limits.ts";
import { compressedZeros } from "../../support/compressed_zeros.ts";
import { rawTarEntry, rawTarGz } from "../../support/raw_tar.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { pathsIn, TempVersions } from "../../support/version_files.ts";

const MIB = 1024 * 1024;
const BOMB_MIB = 600;

/** What the process may grow by meanwhile; the bomb itself would be 600 MiB. */
const MAX_GROWTH_BYTES = 200 * MIB;

interface Peak {
  readonly diskBytes: number;
  readonly grownBytes: number;
}

/** Unpacks a bomb and looks again and again at what it takes. */
async function defused(archive: Uint8Array<ArrayBuffer>, told: string): Promise<Peak> {
  await using temp = await TempVersions.create();
  let diskBytes = 0;
  const before = Deno.memoryUsage().rss;
  let grownBytes = 0;
  let done = false;
  async function look(): Promise<void> {
    while (!done) {
      let bytes = 0;
      for (const path of await pathsIn(temp.stateDir).catch(() => [])) {
        bytes += await Deno.lstat(`${temp.stateDir}/${path}`).then(({ isFile, size }) => isFile ? size : 0, () => 0);
      }
      diskBytes = Math.max(diskBytes, bytes);
      grownBytes = Math.max(grownBytes, Deno.memoryUsage().rss - before);
    }
  }
  const looking = look();
  const error = await assertRejects(() => temp.unpack(archive).finally(() => done = true), NanoError);
  await looking;
  assertEquals(error.code, "USAGE");
  assertStringIncludes(error.message, told);
  assertEquals(await temp.leftOver(), []);
  assert(grownBytes < MAX_GROWTH_BYTES, `the process grew by ${grownBytes} bytes`);
  return { diskBytes, grownBytes };
}

function maxDiskBytes(archive: Uint8Array): number {
  return archive.length + Math.max(UNPACK_LIMITS.ratioFreeBytes, archive.length * UNPACK_LIMITS.maxRatio);
}

Deno.test("VersionFolders.unpack() stops a zip of 600 MiB of zeros early, whatever size it declares", async () => {
  const deflated = await compressedZeros(createDeflateRaw(), { mebibytes: BOMB_MIB });
  const honest = rawZip([{ name: "zeros", deflated, declaredBytes: BOMB_MIB * MIB, crc: 0 }]);
  assertEquals((await defused(honest, "unpacks to more than")).diskBytes <= honest.length, true);
  const small = rawZip([{ name: "zeros", deflated, declaredBytes: 10 * MIB, crc: 0 }]);
  const { diskBytes } = await defused(small, "longer than the 10485760 bytes it declares");
  assert(diskBytes <= small.length + 10 * MIB, `${diskBytes} bytes on the disk`);
  // Entries that share their bytes: each is within the bound, together they are not.
  const parts = Array.from({ length: 40 }, (_, part) => ({ name: `part${part}`, content: new Uint8Array(20 * MIB) }));
  const many = rawZip(parts);
  const peak = await defused(many, "unpacks to more than");
  assert(peak.diskBytes <= maxDiskBytes(many), `${peak.diskBytes} bytes on the disk`);
});

Deno.test("VersionFolders.unpack() stops a tar.gz of 600 MiB of zeros early, as a file and as blocks of nothing", async () => {
  const head = rawTarEntry({ name: "zeros", declaredBytes: BOMB_MIB * MIB });
  const file = await compressedZeros(createGzip(), { mebibytes: BOMB_MIB, head, tail: new Uint8Array(1024) });
  assertEquals((await defused(file, "unpacks to more than")).diskBytes <= file.length, true);
  const nothing = await compressedZeros(createGzip(), { mebibytes: BOMB_MIB });
  assertEquals((await defused(nothing, "bytes of tar")).diskBytes <= nothing.length, true);
  const entry = rawTarEntry({ name: "index.ts", content: "x" });
  const behind = await compressedZeros(createGzip(), { mebibytes: BOMB_MIB, head: entry });
  await defused(behind, "bytes of tar");
  const parts = Array.from({ length: 40 }, (_, part) => ({ name: `part${part}`, content: new Uint8Array(5 * MIB) }));
  const many = rawTarGz(parts);
  const peak = await defused(many, "unpacks to more than");
  assert(peak.diskBytes <= maxDiskBytes(many), `${peak.diskBytes} bytes on the disk`);
});

Deno.test("VersionFolders.unpack() stops an archive of 30,000 entries, and one whose files need more folders than that", async () => {
  const files = Array.from({ length: 30_000 }, (_, n) => ({ name: `f${n}`, method: 0 }));
  const archives = [
    rawZip(files),
    // Counted like any other, and quick to refuse because nothing is written.
    rawTarGz(files.map(() => ({ name: ".DS_Store" }))),
    // 1,000 files that need 30 folders each, which no entry names.
    rawZip(files.slice(0, 1000).map(({ name }) => ({ name: `${name}/${"d/".repeat(29)}f` }))),
  ];
  await using temp = await TempVersions.create({ inMemory: true });
  for (const archive of archives) {
    const error = await assertRejects(() => temp.unpack(archive), NanoError);
    assertEquals(error.code, "USAGE");
    assertStringIncludes(error.message, "more than 20000 entries");
    assertEquals(await temp.leftOver(), []);
  }
});

Deno.test("VersionFolders.unpack() takes a small file of zeros and a large one that is packed as usual", async () => {
  await using temp = await TempVersions.create();
  const zeros = { name: "zeros", content: new Uint8Array(30 * MIB) };
  assertEquals(await temp.unpack(rawZip([zeros])), { bytes: 30 * MIB, files: 1 });
  const random = crypto.getRandomValues(new Uint8Array(65_536));
  const usual = new Uint8Array(40 * MIB);
  for (let at = 0; at < usual.length; at += 40 * 65_536) usual.set(random, at);
  const second = await temp.folders.unpack("a", "v2", ReadableStream.from([rawTarGz([{ name: "a", content: usual }])]));
  assertEquals(second, { bytes: 40 * MIB, files: 1 });
});
