/** Reading files of an app, which are its assets and nothing else. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { installAssetReads } from "../../../runtime/isolate/traffic/asset_reads.ts";

interface Reads {
  open(path: string | URL, options?: object): Promise<{ readonly readable: ReadableStream; close(): void }>;
  readFile(path: string | URL): Promise<Uint8Array>;
  readTextFile(path: string | URL): Promise<string>;
  lstatSync(path: string): never;
  readonly errors: Record<"NotFound" | "NotSupported", new (message: string) => Error>;
}

function install(prefix: string) {
  const asked: string[] = [];
  const deno = {} as Reads;
  installAssetReads(deno, (url) => {
    asked.push(url);
    return Promise.resolve(new Response("content", { status: url.includes("none") ? 404 : 200 }));
  }, prefix);
  return { deno, asked };
}

Deno.test("A path means the same file with and without the folder of assets before it", async () => {
  const { deno, asked } = install("web/public");
  const paths = ["a.txt", "./a.txt", "/a.txt", "web/public/a.txt", "./web/./public//a.txt", "x/../web/public/a.txt"];
  for (const path of paths) assertEquals(await deno.readTextFile(path), "content");
  assertEquals(new Set(asked), new Set(["http://assets/a.txt"]));
  asked.length = 0;
  for (const path of ["web/a b?.txt", "../../etc/passwd", "web/public"]) await deno.readFile(path).catch(() => {});
  await deno.readFile(new URL("file:///web/public/%C3%A9.txt"));
  assertEquals(asked, [
    "http://assets/web/a%20b%3F.txt",
    "http://assets/etc/passwd",
    "http://assets/",
    "http://assets/%C3%A9.txt",
  ]);
});

Deno.test("A file is opened as a stream; what is not there is NotFound, as is a folder", async () => {
  const { deno } = install("");
  const file = await deno.open("a.txt", { read: true });
  assertEquals(await new Response(file.readable).text(), "content");
  const left = await deno.open("a.txt");
  left.close();
  assertEquals((await left.readable.getReader().read()).done, true);
  const { NotFound, NotSupported } = deno.errors;
  await assertRejects(() => deno.open("none.txt"), NotFound, 'Cannot open "none.txt"');
  await assertRejects(() => deno.readFile("/"), NotFound);
  await assertRejects(() => deno.open("a.txt", { write: true }), NotSupported, "no file system");
  assertThrows(() => deno.lstatSync("a.txt"), NotSupported);
});
