import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { NanoError } from "../../../runtime/errors.ts";
import { VersionFolders } from "../../../runtime/store/version_folders.ts";
import { killedProcess } from "../../support/killed_process.ts";
import { rawTarGz } from "../../support/raw_tar.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { LOOP_FILES, loopText } from "../../support/unpack_in_loop.ts";
import { TempVersions, textsIn } from "../../support/version_files.ts";

const ARCHIVE = rawZip([{ name: "index.ts", content: "export default 1" }]);

function names(path: string): string[] {
  return [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
}

Deno.test("VersionFolders.unpack() refuses an upload of more than 100 MiB as soon as it is too long", async () => {
  await using temp = await TempVersions.create();
  let taken = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken++;
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
    cancel() {
      cancelled = true;
    },
  });
  const error = await assertRejects(() => temp.folders.unpack("a", "v1", endless), NanoError);
  assertEquals(error.code, "BODY_TOO_LARGE");
  assertEquals([taken <= 103, cancelled], [true, true]);
  assertEquals(await temp.leftOver(), []);
});

Deno.test("VersionFolders.unpack() leaves nothing when the upload breaks off", async () => {
  await using temp = await TempVersions.create();
  let sent = false;
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(new Error("connection reset"));
      else controller.enqueue(ARCHIVE.slice(0, 20));
      sent = true;
    },
  });
  const error = await assertRejects(() => temp.folders.unpack("a", "v1", broken), NanoError);
  assertEquals(error.code, "BAD_REQUEST");
  assertStringIncludes(error.message, "connection reset");
  assertEquals(await temp.leftOver(), []);
});

Deno.test("VersionFolders.unpack() ends with the signal: before, while it waits for bytes, and while it unpacks", async () => {
  await using temp = await TempVersions.create();
  const reason = new Error("enough");
  const early = ReadableStream.from([ARCHIVE]);
  const before = await assertRejects(() =>
    temp.folders.unpack("a", "v1", early, { signal: AbortSignal.abort(reason) })
  );
  assertEquals(before, reason);
  assertEquals(await temp.leftOver(), []);

  const waiting = new AbortController();
  const silent = new ReadableStream<Uint8Array>({
    pull(): Promise<void> {
      queueMicrotask(() => waiting.abort(reason));
      return new Promise(() => {});
    },
  });
  const during = await assertRejects(() => temp.folders.unpack("a", "v1", silent, { signal: waiting.signal }));
  assertEquals(during, reason);
  assertEquals(await temp.leftOver(), []);

  const unpacking = new AbortController();
  const files = Array.from({ length: 2000 }, (_, n) => ({ name: `${n}.txt`, content: "x" }));
  const late = temp.folders.unpack("a", "v1", ReadableStream.from([rawTarGz(files)]), { signal: unpacking.signal });
  const watching = (async () => {
    const transit = join(temp.stateDir, "versions", ".transit");
    for (;;) {
      const [name = ""] = await Array.fromAsync(Deno.readDir(transit), (entry) => entry.name).catch(() => []);
      const written = await Array.fromAsync(Deno.readDir(join(transit, name, "files"))).catch(() => []);
      if (written.length > 10) return unpacking.abort(reason);
    }
  })();
  assertEquals(await assertRejects(() => late), reason);
  await watching;
  assertEquals(await temp.leftOver(), []);
});

Deno.test("VersionFolders keeps versions beside each other, and refuses one that is there", async () => {
  await using temp = await TempVersions.create();
  await temp.unpack(ARCHIVE);
  await temp.folders.unpack("a", "v2", ReadableStream.from([rawZip([{ name: "index.ts", content: "2" }])]));
  const again = rawZip([{ name: "index.ts", content: "other" }]);
  const error = await assertRejects(() => temp.unpack(again), NanoError);
  assertEquals(error.code, "CONFLICT");
  assertEquals(await temp.texts(), { "index.ts": "export default 1" });
  assertEquals(await textsIn(temp.folders.pathOf("a", "v2")), { "index.ts": "2" });
});

Deno.test("VersionFolders.remove() and removeApp() take away only what they name, and do nothing twice", async () => {
  await using temp = await TempVersions.create();
  const { folders } = temp;
  for (const [app, version] of [["a", "v1"], ["a", "v2"], ["a-b", "v1"]] as const) {
    await folders.unpack(app, version, ReadableStream.from([ARCHIVE]));
  }
  await folders.remove("a", "v1");
  await folders.remove("a", "v1");
  assertEquals(names(join(temp.stateDir, "versions", "a")), ["v2"]);
  await folders.removeApp("a");
  await folders.removeApp("a");
  assertEquals(names(join(temp.stateDir, "versions")), [".transit", "a-b"]);
  assertEquals(names(join(temp.stateDir, "versions", ".transit")), []);
  assertEquals(await textsIn(folders.pathOf("a-b", "v1")), { "index.ts": "export default 1" });
});

Deno.test("VersionFolders takes no name that could lead out of its folder", async () => {
  await using temp = await TempVersions.create();
  for (const [app, version] of [["..", "v1"], [".transit", "v1"], ["a/b", "v1"], ["", "v1"], ["A", "v1"]] as const) {
    assertThrows(() => temp.folders.pathOf(app, version), NanoError, "Cannot name an app");
    await assertRejects(() => temp.folders.removeApp(app), NanoError);
  }
  for (const version of ["..", "", "v0", "v01", "1", "v1/..", "v-1"]) {
    assertThrows(() => temp.folders.pathOf("a", version), NanoError, "Cannot name a version");
    await assertRejects(() => temp.folders.remove("a", version), NanoError);
  }
});

Deno.test("VersionFolders.sweep() removes what no record names and what is half, and nothing that just came in", async () => {
  await using temp = await TempVersions.create();
  const root = join(temp.stateDir, "versions");
  for (const path of ["a/v1", "a/v2", "b/v1", ".transit/old/files/lib", "a/v9/deep"]) {
    await Deno.mkdir(join(root, path), { recursive: true });
    await Deno.writeTextFile(join(root, path, "x"), "x");
  }
  await temp.folders.unpack("c", "v1", ReadableStream.from([ARCHIVE]));
  await temp.folders.sweep(new Set(["a/v2", "gone/v1"]));
  assertEquals(names(root), [".transit", "a", "c"]);
  assertEquals(names(join(root, "a")), ["v2"]);
  assertEquals(names(join(root, ".transit")), []);
  await new VersionFolders(temp.stateDir).sweep(new Set(["a/v2"]));
  assertEquals(names(root), [".transit", "a"]);
});

Deno.test("VersionFolders.sweep() lets an upload that is on its way go on, and does nothing without a state folder", async () => {
  await using temp = await TempVersions.create();
  await temp.folders.sweep(new Set());
  const swept = Promise.withResolvers<void>();
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield ARCHIVE.slice(0, 30);
    await swept.promise;
    yield ARCHIVE.slice(30);
  }
  const upload = temp.folders.unpack("a", "v1", ReadableStream.from(slowly()));
  await temp.folders.sweep(new Set());
  swept.resolve();
  await upload;
  assertEquals(await temp.texts(), { "index.ts": "export default 1" });
});

Deno.test("VersionFolders leaves whole versions or none when it is killed at any moment", async () => {
  await using temp = await TempVersions.create();
  const random = SeededRandom.fromEnv("version folders");
  const root = join(temp.stateDir, "versions", "a");
  const script = new URL("../../support/unpack_in_loop.ts", import.meta.url);
  let first = 1;
  let found = 0;
  for (let round = 0; round < 10; round++) {
    const args = [temp.stateDir, String(first)];
    const lines = await killedProcess(script, { args, lines: random.below(8), withinMs: 150, random });
    const going = new Set(lines.filter((line) => line.startsWith("out ")).map((line) => line.slice(4)));
    // Before the sweep, which cannot know what is half: whatever has a name is whole, also what was about to go.
    for (const version of await Array.fromAsync(Deno.readDir(root), (entry) => entry.name).catch(() => [])) {
      const texts = await textsIn(join(root, version));
      assertEquals(Object.keys(texts).length, LOOP_FILES, `round ${round}: ${version}`);
      for (let file = 0; file < LOOP_FILES; file++) {
        assertEquals(texts[`lib${file % 7}/${file}.txt`], loopText(version, file));
      }
      found++;
    }
    const taken = lines.filter((line) => line.startsWith("in ")).map((line) => line.slice(3));
    const kept = taken.filter((version) => !going.has(version));
    await new VersionFolders(temp.stateDir).sweep(new Set(kept.map((version) => `a/${version}`)));
    assertEquals(kept.length === 0 ? [] : names(root), kept.toSorted(), `round ${round}`);
    assertEquals(names(join(temp.stateDir, "versions", ".transit")), []);
    first = Number((taken.at(-1) ?? `v${first}`).slice(1)) + 10;
  }
  assertEquals(found > 0, true);
});
