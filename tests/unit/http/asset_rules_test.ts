/** `_headers` and `_redirects` of a folder of static files: what they make of requests, and what is said of mistakes. */
import { assertEquals } from "@std/assert";
import { assetRuleMistakes } from "../../../runtime/http/asset_rules.ts";
import { AssetFolder } from "../../../runtime/http/assets.ts";

/** A folder, and questions to it. */
class Scene implements Disposable {
  nowMs = 0;
  readonly dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nano_rules_" }));
  readonly folder = new AssetFolder(this.dir, { singlePage: false, now: () => this.nowMs });

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    const path = `${this.dir}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }

  async ask(url: string): Promise<{ status: number | null; headers: Headers; text: string }> {
    const whole = url.startsWith("/") ? `http://site.test${url}` : url;
    const answer = await this.folder.answer({ method: "GET", url: whole, header: () => null, isClient: true });
    const text = answer?.body instanceof Uint8Array ? new TextDecoder().decode(answer.body) : "";
    return { status: answer?.status ?? null, headers: new Headers(answer?.headers ?? []), text };
  }

  /** Status and target of a redirect, or status and text of an answer. */
  async to(url: string): Promise<string> {
    const { status, headers, text } = await this.ask(url);
    return `${status} ${headers.get("location") ?? text}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

Deno.test("_redirects sends clients on by fixed paths, splats and placeholders, with the status that it names", async () => {
  using scene = new Scene({
    "there.html": "there",
    "old.html": "a file of that name does not matter",
    "_redirects": [
      "# moved",
      "/old /there",
      "/old.html  /there  301   # with a word",
      "/away https://other.test/x?y=1 308",
      "/query /there?own=1#part 303",
      "/café /there 307",
      "/blog/* /news/:splat 301",
      "/:year/:month/x /archive/:month-:year",
      "/films/* https://films.test/:splat 302",
      "/late /there 301",
      "/own/* /:splat 302",
    ].join("\r\n"),
  });
  assertEquals(await scene.to("/old"), "302 /there");
  assertEquals(await scene.to("/old?a=1"), "302 /there?a=1");
  assertEquals(await scene.to("/old.html"), "301 /there");
  assertEquals(await scene.to("/away"), "308 https://other.test/x?y=1");
  assertEquals(await scene.to("/away?z=2"), "308 https://other.test/x?y=1");
  assertEquals(await scene.to("/query?a=1"), "303 /there?own=1#part");
  assertEquals(await scene.to("/caf%C3%A9"), "307 /there");
  assertEquals(await scene.to("/%6fld"), "302 /there");
  assertEquals(await scene.to("/blog/"), "301 /news/");
  assertEquals(await scene.to("/blog/a/b?c=d"), "301 /news/a/b?c=d");
  assertEquals(await scene.to("/blog"), "null ");
  assertEquals(await scene.to("/2024/05/x"), "302 /archive/05-2024");
  assertEquals(await scene.to("/films/a/b"), "302 https://films.test/a/b");
  assertEquals(await scene.to("/late"), "301 /there");
  assertEquals(await scene.to("/own//evil.test/x"), "302 /evil.test/x");
  assertEquals(await scene.to("/there"), "200 there");
});

Deno.test("Status 200 serves another file of the site under the path that was asked for", async () => {
  using scene = new Scene({
    "app/shell.html": "shell",
    "users/all.html": "users",
    "_redirects": "/users/:id /users/all.html 200\n/app/* /app/shell 200\n/none /nothing 200\n",
  });
  assertEquals(await scene.to("/users/17"), "200 users");
  assertEquals(await scene.to("/app/a/b?c"), "200 shell");
  assertEquals(await scene.to("/none"), "404 ");
  scene.write("404.html", "not here");
  scene.nowMs += 1001;
  assertEquals(await scene.to("/none"), "404 not here");
});

Deno.test("A redirect holds for every method, and for no path that only looks like it", async () => {
  using scene = new Scene({ "_redirects": "/form /other 308\n/page /x 200\n" });
  assertEquals((await scene.folder.redirect("http://site.test/form"))?.status, 308);
  assertEquals(await scene.folder.redirect("http://site.test/page"), null);
  assertEquals(await scene.folder.redirect("http://site.test/form/"), null);
});

Deno.test("_headers sets, joins, replaces and removes headers of files, redirects and the 404 page", async () => {
  using scene = new Scene({
    "a.html": "a",
    "img/b.png": "b",
    "404.html": "none",
    "_redirects": "/moved /a",
    "_headers": [
      "/*",
      "  X-All: yes",
      "  Link: </a.css>; rel=preload",
      "  Link: </b.css>; rel=preload",
      "/img/:name",
      "  Cache-Control: public, max-age=31536000, immutable",
      "  X-Name: file :name of :other",
      "  X-All: twice",
      "/a",
      "  ! x-all",
      "  ! ETag",
      "https://other.test/*",
      "  X-Host: other",
      "https://:sub.site.test/*",
      "  X-Host: :sub and :splat",
    ].join("\n"),
  });
  const image = (await scene.ask("/img/b.png")).headers;
  assertEquals(image.get("cache-control"), "public, max-age=31536000, immutable");
  assertEquals([image.get("x-name"), image.get("x-all")], ["file b.png of :other", "yes, twice"]);
  assertEquals(image.get("link"), "</a.css>; rel=preload, </b.css>; rel=preload");
  assertEquals((await scene.ask("/img/%62.png")).headers.get("x-name"), "file b.png of :other");
  const page = (await scene.ask("/a")).headers;
  assertEquals([page.get("x-all"), page.get("etag"), page.get("x-host")], [null, null, null]);
  assertEquals((await scene.ask("/moved")).headers.get("x-all"), "yes");
  assertEquals((await scene.ask("http://other.test/a")).headers.get("x-host"), "other");
  assertEquals((await scene.ask("http://www.site.test:8080/a")).headers.get("x-host"), "www and a");
  const missing = await scene.folder.missing({ method: "GET", url: "http://site.test/zzz", header: () => null });
  assertEquals(new Headers(missing!.headers).get("x-all"), "yes");
});

Deno.test("An edit of either file takes effect, and so does its removal", async () => {
  using scene = new Scene({ "a.html": "a", "_headers": "/a\n  x-one: 1", "_redirects": "/b /a" });
  assertEquals((await scene.ask("/a")).headers.get("x-one"), "1");
  assertEquals(await scene.to("/b"), "302 /a");
  scene.write("_headers", "/a\n  x-one: other");
  Deno.removeSync(`${scene.dir}/_redirects`);
  scene.nowMs += 1001;
  assertEquals((await scene.ask("/a")).headers.get("x-one"), "other");
  assertEquals(await scene.to("/b"), "null ");
});

Deno.test("A mistake names its file and line, and all other lines hold", async () => {
  using scene = new Scene({
    "a.html": "a",
    "_headers": "x-lost: 1\n/a\n  x-good: 1\n  no header\n  bad name: x\n  x-empty:\n  Content-Length: 1\n" +
      "ftp://x/y\n  x-skipped: 1\n/empty\n/two/*/*\n  a: b\n/:a:b\n  a: b\nhttps://x.test:8080/*\n  a: b\n",
    "_redirects":
      "/one\n/a b\n/x /y 404\nhttps://x.test/ /y\n/x https://x.test/ 200\n/x /y\n/x /z\n/* /index.html 200\n" +
      "/ok/* /a 301\n/r/:q/:q /a\n//host /a\n/z //host\n",
  });
  assertEquals(await assetRuleMistakes(scene.dir), [
    '_headers, line 1 has no effect: expected a URL that begins with "/" before "x-lost: 1"',
    '_headers, line 4 has no effect: expected "name: value" or "! name", not "no header"',
    '_headers, line 5 has no effect: "bad name" is no name of a header',
    '_headers, line 6 has no effect: header "x-empty" has no value',
    `_headers, line 7 has no effect: header "content-length" is the server's`,
    '_headers, line 8 has no effect: a URL begins with "/" or with "https://"',
    "_headers, line 10 has no effect: the rule names no header",
    "_headers, line 11 has no effect: there may be one splat (*) in a URL",
    "_headers, line 13 has no effect: between two slashes there may be one splat or placeholder",
    "_headers, line 15 has no effect: a host stands here without its port",
    '_redirects, line 1 has no effect: expected "from to" or "from to status"',
    '_redirects, line 2 has no effect: a URL begins with "/" or with "https://"',
    '_redirects, line 3 has no effect: status "404" is none of 200, 301, 302, 303, 307, 308',
    "_redirects, line 4 has no effect: only a path may stand here, not a URL with a host",
    '_redirects, line 5 has no effect: status 200 serves another path of the site, not "https://x.test/"',
    '_redirects, line 7 has no effect: "/x" has a rule already',
    '_redirects, line 8 has no effect: "/*" to "/index.html" would never end',
    "_redirects, line 10 has no effect: two placeholders have one name",
    '_redirects, line 11 has no effect: "//" begins a host; write "https://" before it',
    '_redirects, line 12 has no effect: "//" begins a host; write "https://" before it',
  ]);
  assertEquals((await scene.ask("/a")).headers.get("x-good"), "1");
  assertEquals([await scene.to("/x"), await scene.to("/ok/a")], ["302 /y", "301 /a"]);
});

Deno.test("Rules beyond what Cloudflare takes have no effect, nor lines that are too long", async () => {
  const many = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at));
  using scene = new Scene({
    "_headers": many(101, (at) => `/h${at}\n  x-at: ${at}`).join("\n"),
    "_redirects": [
      `/long /${"x".repeat(2000)}`,
      ...many(2001, (at) => `/f${at} /to`),
      ...many(101, (at) => `/d${at}/* /to`),
    ].join("\n"),
  });
  assertEquals(await assetRuleMistakes(scene.dir), [
    "_headers, line 201 has no effect: there are more than 100 rules",
    "_redirects, line 1 has no effect: it is longer than 2000 characters",
    "_redirects, line 2002 has no effect: there are more than 2000 rules for fixed paths",
    "_redirects, line 2103 has no effect: there are more than 100 rules with splats or placeholders, or after one " +
    "that has them",
  ]);
  assertEquals([await scene.to("/f1999"), await scene.to("/f2000")], ["302 /to", "null "]);
  assertEquals([await scene.to("/d99/x"), await scene.to("/d100/x")], ["302 /to", "null "]);
});

Deno.test("The rules of the guide hold as it says", async () => {
  const rules = (name: string) =>
    Deno.readTextFileSync(new URL(`../../../docs/examples/guides/asset-rules/${name}`, import.meta.url));
  using scene = new Scene({
    "_headers": rules("_headers"),
    "_redirects": rules("_redirects"),
    "assets/a.css": "a",
    "blog/first.html": "first",
    "shell.html": "shell",
  });
  assertEquals(await assetRuleMistakes(scene.dir), []);
  assertEquals((await scene.ask("/assets/a.css")).headers.get("cache-control"), "public, max-age=31536000, immutable");
  assertEquals(await scene.to("/old"), "301 /new");
  assertEquals(await scene.to("/films/a/b"), "308 https://films.example.com/a/b");
  assertEquals(await scene.to("/app/any"), "200 shell");
  assertEquals((await scene.ask("http://a.example.com/shell")).headers.get("x-robots-tag"), "noindex");
});
