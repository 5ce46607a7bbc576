/** Backups as archives: what is written is read, and nothing else is. */
import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
// @ts-types="@types/tar-stream"
import { pack as createPack } from "tar-stream";
import { NanoError } from "../../../runtime/errors.ts";
import { type BackupManifest, parseManifest } from "../../../runtime/store/backup_manifest.ts";
import { sealed } from "../../../runtime/store/backup_seal.ts";
import { readBackup, type WriteEntry } from "../../../runtime/store/read_backup.ts";
import { backupBytes, writeBackup } from "../../../runtime/store/write_backup.ts";

const STORE = new TextEncoder().encode("a database".repeat(500));
const OBJECT = new TextEncoder().encode("an object".repeat(70));
const OBJECT_NAME = `objects/${sumOf(OBJECT)}`;
const MANIFEST: BackupManifest = {
  format: "nano-backup",
  version: 1,
  nano: "0.1.0",
  created_at: "2026-11-29T12:00:00.000Z",
  app: null,
  stores: [
    { kind: "kv", name: "shop.cache", apps: ["shop"], file: "stores/1.db", bytes: 5000, sha256: sumOf(STORE) },
    { kind: "r2", name: "files", apps: [], file: null, bytes: 0, sha256: null },
  ],
  objects: { files: 1, bytes: OBJECT.byteLength },
};

function sumOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Entry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly type?: "symlink" | "directory";
}

const GOOD: readonly Entry[] = [
  { name: "manifest.json", content: JSON.stringify(MANIFEST) },
  { name: "stores/1.db", content: STORE },
  { name: OBJECT_NAME, content: OBJECT },
];

/** A sealed archive of any entries. */
async function* archiveOf(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  const tar = createPack();
  for (const { name, content = "", type } of entries) {
    if (type === undefined) tar.entry({ name }, content as string);
    else tar.entry({ name, type, linkname: "/etc/passwd" });
  }
  tar.finalize();
  yield* sealed(tar);
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<{ manifest: BackupManifest; names: string[] }> {
  const names: string[] = [];
  const manifest = await readBackup(chunks, async (name, _bytes, content) => {
    names.push(name);
    return sumOf(new Uint8Array(await new Response(ReadableStream.from(content)).arrayBuffer()));
  });
  return { manifest, names };
}

async function refused(entries: readonly Entry[]): Promise<string> {
  const error = await assertRejects(() => read(archiveOf(entries)), NanoError);
  assertEquals(error.code, "USAGE");
  return error.message.replace("Cannot use the backup: ", "");
}

const withManifest = (part: Readonly<Record<string, unknown>>): readonly Entry[] => [
  { name: "manifest.json", content: JSON.stringify({ ...MANIFEST, ...part }) },
  ...GOOD.slice(1),
];
const withStore = (part: Readonly<Record<string, unknown>>) =>
  withManifest({ stores: [{ ...MANIFEST.stores[0], ...part }, MANIFEST.stores[1]] });

Deno.test("What is written has the length that was said before, and is read as it was", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    for (const name of ["stores", "objects"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeFile(`${folder}/stores/1.db`, STORE);
    await Deno.writeFile(`${folder}/${OBJECT_NAME}`, OBJECT);
    const files = { folder, manifest: MANIFEST, packedObjectBytes: 512 + 1024 };
    const chunks = await Array.fromAsync(writeBackup(files));
    assertEquals(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0), backupBytes(files));
    assertEquals(await read(ReadableStream.from(chunks)), { manifest: MANIFEST, names: ["stores/1.db", OBJECT_NAME] });
    // However it is cut into pieces.
    const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
    const pieces = Array.from({ length: Math.ceil(bytes.length / 97) }, (_, at) => bytes.slice(at * 97, at * 97 + 97));
    assertEquals((await read(ReadableStream.from(pieces))).manifest, MANIFEST);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Entries that are no part of a backup are refused", async () => {
  for (
    const name of ["../x", "/etc/x", "stores/2.db", "stores/../../x.db", "objects/../x", "objects/abc", OBJECT_NAME]
  ) {
    assertEquals(
      await refused([...GOOD, { name, content: "x" }]),
      `its entry ${JSON.stringify(name)} belongs to no store`,
    );
  }
  assertEquals(
    await refused([...GOOD, { name: "stores/1.db", content: STORE }]),
    'its entry "stores/1.db" belongs to no store',
  );
  assertEquals(await refused([...GOOD, { name: "x", type: "symlink" }]), 'its entry "x" is no file');
  assertEquals(await refused([...GOOD, { name: "x/", type: "directory" }]), 'its entry "x/" is no file');
  assertEquals(await refused(GOOD.slice(1)), 'it begins with "stores/1.db", not with "manifest.json"');
  assertEquals(await refused([]), "it is empty");
});

Deno.test("Files that are missing or others than the manifest says are refused", async () => {
  assertEquals(await refused(GOOD.slice(0, 1)), 'its entry "stores/1.db" is missing');
  assertEquals(await refused(GOOD.slice(0, 2)), "it has 0 files of objects, not the 1 that it names");
  const other = STORE.slice().reverse();
  const damaged = 'its entry "stores/1.db" is damaged: its digest is another one';
  assertEquals(await refused([GOOD[0]!, { name: "stores/1.db", content: other }, GOOD[2]!]), damaged);
  const short = [GOOD[0]!, { name: "stores/1.db", content: STORE.slice(1) }, GOOD[2]!];
  assertEquals(await refused(short), 'its entry "stores/1.db" has another size');
  const object = [...GOOD.slice(0, 2), { name: OBJECT_NAME, content: "another" }];
  assertEquals(await refused(object), `its entry "${OBJECT_NAME}" is damaged: its digest is another one`);
});

Deno.test("A manifest that this NANO cannot read is refused with the place", async () => {
  assertEquals(await refused(withManifest({ version: 2 })), "it has the version 2, and this NANO reads version 1");
  assertEquals(await refused([{ name: "manifest.json", content: "{" }]), 'its "manifest.json" is no JSON');
  for (const name of ["../../x", "a/b", "..", ".", "", "A", "a.b.c", "a\u0000"]) {
    const message = await refused(withStore({ name }));
    assertEquals([name, message.startsWith('its "manifest.json" is wrong at "stores.0.name"')], [name, true]);
  }
  assertEquals(
    (await refused(withStore({ kind: "../kv" }))).slice(0, 48),
    'its "manifest.json" is wrong at "stores.0.kind":',
  );
  assertEquals(
    (await refused(withStore({ file: "../1.db" }))).slice(0, 48),
    'its "manifest.json" is wrong at "stores.0.file":',
  );
  assertEquals(await refused(withStore({ sha256: null })), 'its "manifest.json" has a file without a digest');
  const twice = withManifest({ stores: [MANIFEST.stores[0], MANIFEST.stores[0]] });
  assertEquals(await refused(twice), 'its "manifest.json" names a store twice');
  assertEquals(parseManifest(JSON.stringify(MANIFEST)), MANIFEST);
});

Deno.test("An upload that breaks off is told from a backup that is bad", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield (await Array.fromAsync(archiveOf(GOOD)))[0]!.slice(0, 100);
    throw new Error("connection reset");
  }
  const error = await assertRejects(() => read(broken()), NanoError);
  assertEquals([error.code, error.message], [
    "BAD_REQUEST",
    "Cannot take the backup: the upload broke off (connection reset)",
  ]);
});

Deno.test("A backup that is cut within an entry is told as that, whoever hears of it first", async () => {
  const whole = new Uint8Array(await new Response(ReadableStream.from(archiveOf(GOOD))).arrayBuffer());
  // Within `stores/1.db`, which comes after the manifest.
  const cut = whole.slice(0, 4096);
  const refusal = async (chunks: AsyncIterable<Uint8Array>, write: WriteEntry) => {
    const { code, message } = await assertRejects(() => readBackup(chunks, write), NanoError);
    return [code, message];
  };
  const inItsOwnWords: WriteEntry = async (_name, _bytes, chunks) => {
    try {
      return sumOf(await new Response(ReadableStream.from(chunks)).bytes());
    } catch {
      throw new Error("the stream of the value failed");
    }
  };
  const cutOff = ["USAGE", "Cannot use the backup: it is cut off, or none"];
  assertEquals(await refusal(chunksOf(cut), inItsOwnWords), cutOff);
  const afterTheEnd: WriteEntry = async (name, bytes, chunks) => {
    await isSent.promise;
    // What took the last chunk hears of the end, and so do its readers.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
    return await inItsOwnWords(name, bytes, chunks);
  };
  const isSent = Promise.withResolvers<void>();
  assertEquals(await refusal(chunksOf(cut, isSent.resolve), afterTheEnd), cutOff);
  // One that was made so: the seal is right, and the tar ends too early.
  assertEquals(await refusal(sealed(chunksOf(cut)), inItsOwnWords), [
    "USAGE",
    'Cannot use the backup: it is damaged: it ends within its entry "stores/1.db"',
  ]);
});

/** @param onEnd called when all of it was taken */
async function* chunksOf(bytes: Uint8Array, onEnd: () => void = () => {}): AsyncGenerator<Uint8Array> {
  yield bytes;
  onEnd();
}
