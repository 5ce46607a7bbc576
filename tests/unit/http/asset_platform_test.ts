/** The manners of Workers and Pages projects' files, as `wrangler dev` and `wrangler pages dev` 4.164.0 had them. */
import { assertEquals } from "@std/assert";
import type { AssetPlatform } from "../../../runtime/config/asset_platform.ts";
import { AssetFolder, type AssetFolderOptions } from "../../../runtime/http/assets.ts";

const FILES = [
  "index.html",
  "about.html",
  "file.txt",
  "a+b.txt",
  "folder/index.html",
  "noext",
  "app.apk",
  "deep/404.html",
];

/** A folder of those. */
async function folderOf(
  stack: AsyncDisposableStack,
  platform: AssetPlatform,
  options: Partial<AssetFolderOptions> = {},
): Promise<AssetFolder> {
  const dir = await Deno.makeTempDir({ prefix: "nano_assets_" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  for (const file of FILES) {
    await Deno.mkdir(`${dir}/${file}`.slice(0, `${dir}/${file}`.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(`${dir}/${file}`, file);
  }
  return new AssetFolder(dir, { singlePage: false, platform, ...options });
}

/** A client's GET: status, place and headers by name. */
async function get(folder: AssetFolder, path: string, isClient = true) {
  const answer = await folder.answer({ method: "GET", url: `http://h${path}`, header: () => null, isClient });
  const headers = Object.fromEntries(answer?.headers ?? []);
  const body = answer?.body instanceof Uint8Array ? new TextDecoder().decode(answer.body) : null;
  return { status: answer?.status ?? null, at: headers["location"] ?? null, headers, body };
}

Deno.test("A client of a Workers project is sent to the one spelling of a path", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, "workers");
  const places = {
    "//about": "/about",
    "///about?x=1": "/about?x=1",
    "/about//": "/about",
    "/%61bout": "/about",
    "/f%69le.txt": "/file.txt",
    "/a+b.txt": "/a%2Bb.txt",
    "/folder//": "/folder/",
    "/folder%2findex.html": "/folder/",
    "//": "/",
  };
  for (const [path, place] of Object.entries(places)) {
    const { status, at } = await get(folder, path);
    assertEquals([path, status, at], [path, 307, place]);
  }
  for (const path of ["/", "/about", "/a%2Bb.txt", "/folder/", "/file.txt"]) {
    assertEquals([path, (await get(folder, path)).status], [path, 200]);
  }
  // Whoever asks by env.ASSETS gets what there is
  assertEquals((await get(folder, "/%61bout", false)).status, 200);
  // Nothing above the folder, whatever is encoded
  for (const path of ["/..%2f..%2fetc/passwd", "/%2e%2e%2ffile.txt", "/.%2Ffile.txt"]) {
    assertEquals([path, (await get(folder, path)).status], [path, null]);
  }
});

Deno.test("NANO's own folders answer each spelling, and leave slashes to the app", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, null);
  assertEquals((await get(folder, "/a+b.txt")).status, 200);
  assertEquals((await get(folder, "/f%69le.txt")).status, 200);
  assertEquals((await get(folder, "//about")).status, null);
  assertEquals((await get(folder, "/noext")).headers["content-type"], "application/octet-stream");
});

Deno.test("Where a Workers project has a file or a page, other methods are refused and never the code's", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, "workers");
  for (const path of ["/", "/about", "/about.html", "/file.txt", "/folder", "//about"]) {
    const refusal = await folder.refusal(`http://h${path}`);
    assertEquals([path, refusal?.status, refusal?.headers[0]], [path, 405, ["allow", "GET, HEAD"]]);
  }
  assertEquals(await folder.refusal("http://h/none"), null);
  assertEquals(await (await folderOf(stack, null)).refusal("http://h/about"), null);
  assertEquals(await (await folderOf(stack, "pages")).refusal("http://h/about"), null);
});

Deno.test("Types nobody registered are left to the client, as Cloudflare does", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, "workers");
  assertEquals((await get(folder, "/noext")).headers["content-type"], undefined);
  assertEquals((await get(folder, "/app.apk")).headers["content-type"], "application/vnd.android.package-archive");
});

Deno.test("Files of a Pages project are open to other sites; its pages move for good", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, "pages", { singlePage: "missing" });
  const { status, headers } = await get(folder, "//about");
  assertEquals(status, 200);
  assertEquals(headers["access-control-allow-origin"], "*");
  assertEquals(headers["referrer-policy"], "strict-origin-when-cross-origin");
  assertEquals(headers["x-content-type-options"], "nosniff");
  const moved = await get(folder, "/about.html");
  assertEquals([moved.status, moved.at, moved.headers["access-control-allow-origin"]], [308, "/about", "*"]);
});

Deno.test("Below a folder with a 404.html, a Pages project without one at its top is no single page", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await folderOf(stack, "pages", { singlePage: "missing" });
  const missing = async (path: string) => {
    const answer = await folder.missing({ method: "GET", url: `http://h${path}`, header: () => null });
    return [answer?.status, Object.fromEntries(answer?.headers ?? [])["cache-control"]];
  };
  assertEquals(await missing("/deep/none"), [404, "no-store"]);
  assertEquals(await missing("/none"), [200, "public, max-age=0, must-revalidate"]);
});
