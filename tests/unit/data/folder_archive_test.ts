/** What an app keeps as a tar: links are never followed, and what is no file does not come in. */
import { assertEquals, assertRejects } from "@std/assert";
import { archiveFolder, restoreFolder } from "../../../runtime/data/folder_archive.ts";
import { type RawTarEntry, rawTarEntry, rawTarGz } from "../../support/raw_tar.ts";

async function scratch(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function tarOf(entries: readonly RawTarEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const parts = [...entries.map(rawTarEntry), new Uint8Array(1024)];
  return new Blob(parts as Uint8Array<ArrayBuffer>[]).bytes();
}

Deno.test("Files, folders, links and rights come back as they were, and links stay links", async () => {
  await using folder = await scratch();
  const at = (name: string) => `${folder.path}/${name}`;
  await Deno.mkdir(at("from/deep/empty"), { recursive: true });
  await Deno.writeTextFile(at("from/deep/a file"), "text", { mode: 0o600 });
  await Deno.symlink("/etc/passwd", at("from/away"));
  await Deno.truncate(await Deno.makeTempFile({ dir: at("from"), prefix: "hole-" }), 1 << 30);
  await archiveFolder(at("from"), at("made.tar"));
  // A hole of a gigabyte takes no room.
  assertEquals((await Deno.stat(at("made.tar"))).size < 1 << 20, true);
  await restoreFolder(at("made.tar"), at("to"));
  assertEquals(await Deno.readTextFile(at("to/deep/a file")), "text");
  assertEquals((await Deno.stat(at("to/deep/a file"))).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(at("to/deep/empty"))).isDirectory, true);
  assertEquals(await Deno.readLink(at("to/away")), "/etc/passwd");
});

Deno.test("What is damaged or compressed is refused; pipes, and rights to run as the owner, are left out", async () => {
  await using folder = await scratch();
  const at = (name: string) => `${folder.path}/${name}`;
  await Deno.writeTextFile(at("bad.tar"), "no tar at all".repeat(100));
  await assertRejects(() => restoreFolder(at("bad.tar"), at("bad")), Error);
  await Deno.writeFile(at("bomb.tar"), rawTarGz([{ name: "file", content: "x" }]));
  await assertRejects(() => restoreFolder(at("bomb.tar"), at("bomb")), Error, "compressed");
  await Deno.mkdir(at("from"));
  await Deno.writeTextFile(at("from/runs"), "");
  await Deno.chmod(at("from/runs"), 0o4755);
  await new Deno.Command("mkfifo", { args: [at("from/pipe")] }).output();
  await archiveFolder(at("from"), at("made.tar"));
  await restoreFolder(at("made.tar"), at("to"));
  assertEquals([...Deno.readDirSync(at("to"))].map(({ name }) => name), ["runs"]);
  assertEquals((await Deno.stat(at("to/runs"))).mode! & 0o7777, 0o755);
});

Deno.test("Nothing leaves the folder that is unpacked to", async () => {
  await using folder = await scratch();
  const at = (name: string) => `${folder.path}/${name}`;
  await Deno.writeFile(at("out.tar"), await tarOf([{ name: "../out", type: "0", content: "x" }]));
  await restoreFolder(at("out.tar"), at("to")).catch(() => {});
  await assertRejects(() => Deno.stat(at("out")), Deno.errors.NotFound);
});
