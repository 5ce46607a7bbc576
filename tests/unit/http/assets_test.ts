/** A folder of files behind AssetFolder: what is found, what it is sent with, and what stays out of reach. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AssetStream } from "../../../runtime/http/asset_stream.ts";
import type { RequestEnd } from "../../../runtime/terms/request_end.ts";
import { type AssetAnswer, AssetFolder, type AssetFolderOptions } from "../../../runtime/http/assets.ts";

/** A temporary folder with `public/` and what is around it. */
class Scene implements Disposable {
  readonly dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nano_assets_" }));
  nowMs = 0;

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    Deno.mkdirSync(`${this.dir}/public`);
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  write(name: string, content: string | Uint8Array): void {
    const path = `${this.dir}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
  }

  folder(options: Partial<AssetFolderOptions> = {}): AssetFolder {
    return new AssetFolder(`${this.dir}/public`, { singlePage: false, now: () => this.nowMs, ...options });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

async function ask(
  folder: AssetFolder,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method: "GET" | "HEAD" = "GET",
): Promise<AssetAnswer | null> {
  return await folder.answer({ method, url: `http://h${path}`, header: (name) => headers[name] ?? null });
}

async function textOf(answer: AssetAnswer | null): Promise<string | null> {
  if (answer === null) return null;
  const { body } = answer;
  return await new Response(body instanceof AssetStream ? body.readable(() => {}) : body as BodyInit | null).text();
}

function headersOf(answer: AssetAnswer | null): Record<string, string> {
  assert(answer !== null, "There must be an answer");
  return Object.fromEntries(answer.headers);
}

Deno.test("A file is sent with its type, length, tag, date and cache rules", async () => {
  using scene = new Scene({ "public/a.html": "<h1>é</h1>" });
  Deno.utimeSync(`${scene.dir}/public/a.html`, 0, 1_500_000_000);
  const answer = await ask(scene.folder(), "/a.html");
  const { etag, ...headers } = headersOf(answer);
  assertEquals(answer!.status, 200);
  assertEquals(headers, {
    "content-type": "text/html; charset=utf-8",
    "content-length": "11",
    "last-modified": "Fri, 14 Jul 2017 02:40:00 GMT",
    "cache-control": "public, max-age=0, must-revalidate",
    "accept-ranges": "bytes",
  });
  assert(/^"[\w-]{22}"$/.test(etag!), `No strong tag: ${etag}`);
  assertEquals(await textOf(answer), "<h1>é</h1>");
});

Deno.test("Types follow the ending, whatever its case; an unknown one is plain bytes", async () => {
  const types: Record<string, string> = {
    "a.js": "text/javascript; charset=utf-8",
    "a.MJS": "text/javascript; charset=utf-8",
    "a.css": "text/css; charset=utf-8",
    "a.json": "application/json",
    "a.svg": "image/svg+xml",
    "a.wasm": "application/wasm",
    "a.woff2": "font/woff2",
    "a.webmanifest": "application/manifest+json",
    "a.unheard-of": "application/octet-stream",
    "plain": "application/octet-stream",
  };
  using scene = new Scene(Object.fromEntries(Object.keys(types).map((name) => [`public/${name}`, "x"])));
  const folder = scene.folder();
  for (const [name, type] of Object.entries(types)) {
    assertEquals(headersOf(await ask(folder, `/${name}`))["content-type"], type, name);
  }
});

Deno.test("A tag is that of the content: the same in another folder, another after an edit", async () => {
  using one = new Scene({ "public/a.txt": "same", "public/b.txt": "other" });
  using two = new Scene({ "public/a.txt": "same" });
  Deno.utimeSync(`${two.dir}/public/a.txt`, 0, 1_000_000_000);
  const tag = async (scene: Scene, path: string) => headersOf(await ask(scene.folder(), path)).etag;
  assertEquals(await tag(one, "/a.txt"), await tag(two, "/a.txt"));
  assert(await tag(one, "/a.txt") !== await tag(one, "/b.txt"));
});

Deno.test("HEAD has GET's headers and no body, conditions save the body, and ranges part it", async () => {
  using scene = new Scene({ "public/a.txt": "0123456789" });
  const folder = scene.folder();
  const whole = await ask(folder, "/a.txt");
  const head = await ask(folder, "/a.txt", { range: "bytes=0-1" }, "HEAD");
  assertEquals([head!.status, head!.headers, head!.body], [200, whole!.headers, null]);

  const { etag } = headersOf(whole);
  const fresh = await ask(folder, "/a.txt", { "if-none-match": etag! });
  assertEquals([fresh!.status, fresh!.body], [304, null]);
  assertEquals(Object.keys(headersOf(fresh)).sort(), ["cache-control", "etag", "last-modified"]);

  const part = await ask(folder, "/a.txt", { range: "bytes=2-4", "if-range": etag! });
  assertEquals([part!.status, await textOf(part)], [206, "234"]);
  assertEquals(headersOf(part)["content-range"], "bytes 2-4/10");
  assertEquals(headersOf(part)["content-length"], "3");

  const stale = await ask(folder, "/a.txt", { range: "bytes=2-4", "if-range": '"old"' });
  assertEquals([stale!.status, await textOf(stale)], [200, "0123456789"]);

  const beyond = await ask(folder, "/a.txt", { range: "bytes=10-" });
  assertEquals([beyond!.status, beyond!.body, headersOf(beyond)["content-range"]], [416, null, "bytes */10"]);
  assertEquals((await ask(folder, "/a.txt", { "if-match": '"old"' }))!.status, 412);
});

Deno.test("An empty file is whole and has no part", async () => {
  using scene = new Scene({ "public/empty.txt": "" });
  const folder = scene.folder();
  const answer = await ask(folder, "/empty.txt");
  assertEquals([answer!.status, headersOf(answer)["content-length"], await textOf(answer)], [200, "0", ""]);
  assertEquals((await ask(folder, "/empty.txt", { range: "bytes=0-" }))!.status, 416);
});

Deno.test("A precompressed file beside it is sent to clients that take it, with the type of the file itself", async () => {
  using scene = new Scene({
    "public/a.js": "plain",
    "public/a.js.br": "brotli",
    "public/a.js.gz": "gzip!",
    "public/b.js": "lonely",
  });
  const folder = scene.folder();
  const tags = new Set<string>();
  for (
    const [accept, coding, text] of [
      ["gzip, br", "br", "brotli"],
      ["gzip", "gzip", "gzip!"],
      ["identity", undefined, "plain"],
      ["", undefined, "plain"],
    ] as const
  ) {
    const answer = await ask(folder, "/a.js", { "accept-encoding": accept });
    const headers = headersOf(answer);
    assertEquals([headers["content-encoding"], await textOf(answer), headers.vary], [coding, text, "accept-encoding"]);
    assertEquals(headers["content-type"], "text/javascript; charset=utf-8");
    assertEquals(headers["content-length"], String(text.length));
    tags.add(headers.etag!);
  }
  assertEquals(tags.size, 3, "Each coding has a tag of its own");
  assertEquals(headersOf(await ask(folder, "/b.js", { "accept-encoding": "br" })).vary, undefined);
});

Deno.test("A folder is its index.html, under the path with the slash", async () => {
  using scene = new Scene({
    "public/index.html": "root",
    "public/docs/index.html": "docs",
    "public/bare/x.txt": "x",
    "public/sp ace/index.html": "space",
  });
  const folder = scene.folder();
  assertEquals(await textOf(await ask(folder, "/")), "root");
  assertEquals(await textOf(await ask(folder, "/docs/")), "docs");
  assertEquals(await textOf(await ask(folder, "/docs/index.html")), "docs");
  const moved = await ask(folder, "/docs?a=1&b=/x");
  assertEquals([moved!.status, headersOf(moved).location], [307, "/docs/?a=1&b=/x"]);
  assertEquals(headersOf(await ask(folder, "/sp%20ace?é")).location, "/sp%20ace/?%C3%A9");
  for (const path of ["/bare", "/bare/", "/docs/index.html/", "/nowhere", "/nowhere/", "/docs/x"]) {
    assertEquals(await ask(folder, path), null, path);
  }
});

Deno.test("A page has one address for clients, the one without its ending, and code gets what it names", async () => {
  using scene = new Scene({
    "public/index.html": "root",
    "public/about.html": "about",
    "public/docs/index.html": "docs",
    "public/both.html": "page",
    "public/both/index.html": "folder",
    "public/plain": "plain",
    "public/plain.html": "hidden by the file",
    "public/a b.html": "space",
    "public/index": "a file of that name",
  });
  const folder = scene.folder();
  const client = async (path: string) => {
    const answer = await folder.answer({ method: "GET", url: `http://h${path}`, header: () => null, isClient: true });
    return answer?.status === 307 ? headersOf(answer).location : await textOf(answer);
  };
  const moved = {
    "/index.html?a": "/?a",
    "/about.html": "/about",
    "/about/": "/about",
    "/docs/index.html": "/docs/",
    "/docs/index": "/docs/",
    "/docs": "/docs/",
    "/both.html": "/both",
    "/a%20b.html": "/a%20b",
  };
  const served = {
    "/": "root",
    "/about": "about",
    "/docs/": "docs",
    "/both": "page",
    "/both/": "folder",
    "/plain": "plain",
    "/plain.html": "hidden by the file",
    "/a%20b": "space",
    "/index": "a file of that name",
    "/none": null,
    "/none.html": null,
    "/none/": null,
    "/.html": null,
  };
  for (const [path, told] of Object.entries({ ...moved, ...served })) assertEquals(await client(path), told, path);
  for (const path of ["/index.html", "/about.html", "/docs/index.html", "/about"]) {
    assertEquals((await ask(folder, path))?.status, 200, path);
  }
});

Deno.test("What lies outside the folder, is hidden or no file cannot be had", async () => {
  using scene = new Scene({
    "secret.txt": "SECRET",
    "public-not/x.txt": "SECRET",
    "public/.env": "SECRET",
    "public/.git/config": "SECRET",
    "public/.well-known/security.txt": "known",
    "public/nano.json": "SECRET",
    "public/state/token": "SECRET",
    "public/ok.txt": "ok",
  });
  Deno.symlinkSync(`${scene.dir}/secret.txt`, `${scene.dir}/public/link.txt`);
  Deno.symlinkSync("../secret.txt", `${scene.dir}/public/relative.txt`);
  Deno.symlinkSync(`${scene.dir}/public-not`, `${scene.dir}/public/neighbour`);
  Deno.symlinkSync(scene.dir, `${scene.dir}/public/up`);
  Deno.symlinkSync("ok.txt", `${scene.dir}/public/inside.txt`);
  Deno.symlinkSync("loop", `${scene.dir}/public/loop`);
  Deno.symlinkSync("nano.json", `${scene.dir}/public/renamed.txt`);
  await new Deno.Command("mkfifo", { args: [`${scene.dir}/public/pipe`] }).output();
  const folder = scene.folder({ hidden: [`${scene.dir}/public/nano.json`, `${scene.dir}/public/state`] });
  const refused = [
    ..."/../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt /%252e%252e/secret.txt /..%5csecret.txt".split(" "),
    ..."/link.txt /relative.txt /neighbour/x.txt /up/secret.txt /up/public/ok.txt/ /loop /pipe".split(" "),
    ..."/.env /%2eenv /.git/config /nano.json /renamed.txt /state/token /ok.txt%00.html //ok.txt /ok.txt/".split(" "),
    `${scene.dir}/secret.txt`,
    `/${encodeURIComponent(`${scene.dir}/secret.txt`)}`,
  ];
  for (const path of refused) assertEquals(await textOf(await ask(folder, path)), null, path);
  assertEquals(await textOf(await ask(folder, "/inside.txt")), "ok");
  assertEquals(await textOf(await ask(folder, "/up/public/ok.txt")), "ok", "It leads back into the folder");
  assertEquals(await textOf(await ask(folder, "/.well-known/security.txt")), "known");
});

Deno.test("A single page answers paths without a file, when the client accepts HTML", async () => {
  using scene = new Scene({ "public/index.html": "page", "public/a.txt": "file" });
  const folder = scene.folder({ singlePage: true });
  const html = { accept: "text/html,*/*;q=0.8" };
  const page = await ask(folder, "/some/route", html);
  assertEquals([page!.status, await textOf(page), headersOf(page).vary], [200, "page", "accept"]);
  assertEquals(await textOf(await ask(folder, "/a.txt", html)), "file");
  assertEquals(await ask(folder, "/some/route", { accept: "*/*" }), null);
  assertEquals(await ask(folder, "/some/route"), null);
  assertEquals(await ask(scene.folder(), "/some/route", html), null);
});

Deno.test("What is missing has the folder's own 404.html, where there is one", async () => {
  using scene = new Scene({ "public/404.html": "gone" });
  const request = { method: "GET", url: "http://h/x", header: () => null } as const;
  const answer = await scene.folder().missing(request);
  assertEquals([answer!.status, await textOf(answer), headersOf(answer).etag], [404, "gone", undefined]);
  using bare = new Scene({});
  assertEquals(await bare.folder().missing(request), null);
});

Deno.test("What is missing below a folder with a 404.html has that one, the nearest of those above it", async () => {
  using scene = new Scene({ "public/404.html": "top", "public/de/404.html": "de", "public/de/a/b/x.txt": "x" });
  const missing = async (path: string) => {
    return await textOf(await scene.folder().missing({ method: "GET", url: `http://h${path}`, header: () => null }));
  };
  for (const path of ["/de/", "/de/x", "/de/a/b/y", "/de/none/c"]) {
    assertEquals([path, await missing(path)], [path, "de"]);
  }
  for (const path of ["/", "/de", "/fr/x", "/de.txt", "/%2e%2e/de/x", "/x//y"]) {
    assertEquals([path, await missing(path)], [path, "top"]);
  }
});

Deno.test("A file that comes, changes and goes is noticed after a second", async () => {
  using scene = new Scene({});
  const folder = scene.folder();
  const text = async () => await textOf(await ask(folder, "/a.txt"));
  assertEquals(await text(), null);
  scene.write("public/a.txt", "first");
  assertEquals(await text(), null, "Still what was seen a moment ago");
  scene.nowMs += 1000;
  assertEquals(await text(), "first");
  const before = headersOf(await ask(folder, "/a.txt")).etag;
  scene.write("public/a.txt", "second");
  assertEquals(await text(), "second", "Another length is noticed while it is read");
  assert(headersOf(await ask(folder, "/a.txt")).etag !== before);
  Deno.removeSync(`${scene.dir}/public/a.txt`);
  assertEquals(await text(), null, "That it is gone as well");
});

Deno.test("A deployment that turns a link to another folder takes effect", async () => {
  using scene = new Scene({ "v1/a.txt": "one", "v2/a.txt": "two" });
  Deno.symlinkSync(`${scene.dir}/v1`, `${scene.dir}/current`);
  const folder = new AssetFolder(`${scene.dir}/current`, { singlePage: false, now: () => scene.nowMs });
  assertEquals(await textOf(await ask(folder, "/a.txt")), "one");
  Deno.removeSync(`${scene.dir}/current`);
  Deno.symlinkSync(`${scene.dir}/v2`, `${scene.dir}/current`);
  scene.nowMs += 1000;
  assertEquals(await textOf(await ask(folder, "/a.txt")), "two");
});

Deno.test("A long file is read no faster than its reader, and closed when the reader leaves", async () => {
  const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
  using scene = new Scene({ "public/big.bin": bytes });
  const folder = scene.folder();
  const whole = await ask(folder, "/big.bin");
  assert(whole!.body instanceof AssetStream);
  const all = new Uint8Array(await new Response(whole!.body.readable(() => {})).arrayBuffer());
  assertEquals(all, bytes);

  const part = await ask(folder, "/big.bin", { range: "bytes=1000000-1999999" });
  assertEquals(
    new Uint8Array(await new Response((part!.body as AssetStream).readable(() => {})).arrayBuffer()),
    bytes.subarray(1_000_000, 2_000_000),
  );

  const ends: [number, RequestEnd][] = [];
  const left = await ask(folder, "/big.bin");
  const reader = (left!.body as AssetStream).readable((sent, end) => ends.push([sent, end])).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  assertEquals(ends, [[value!.byteLength, "client_gone"]]);
  assert(value!.byteLength <= 64 * 1024, "Read ahead of its reader");
});

Deno.test("A file that becomes shorter while it is sent is a cut body, never one that looks whole", async () => {
  using scene = new Scene({ "public/big.bin": new Uint8Array(1_000_000) });
  const answer = await ask(scene.folder(), "/big.bin");
  let end: RequestEnd | null = null;
  const reader = (answer!.body as AssetStream).readable((_, told) => end = told).getReader();
  await reader.read();
  Deno.truncateSync(`${scene.dir}/public/big.bin`, 70_000);
  await assertRejects(
    async () => {
      while (!(await reader.read()).done);
    },
    Error,
    "has become shorter",
  );
  assertEquals<unknown>(end, "app_failed");
});
