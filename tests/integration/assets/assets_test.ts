/** Static files of apps over the wire: before the app, inside the app, and in its place. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, rawRequest } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/via") {
      const { method, target, headers } = await request.json();
      const answer = await env.ASSETS.fetch(new Request(target, { method, headers }));
      const bytes = await answer.bytes();
      return Response.json({
        status: answer.status,
        type: answer.headers.get("content-type"),
        range: answer.headers.get("content-range"),
        location: answer.headers.get("location"),
        length: bytes.byteLength,
        text: new TextDecoder().decode(bytes.subarray(0, 50)),
      });
    }
    if (url.pathname === "/pass") return await env.ASSETS.fetch("http://assets.invalid/big.bin");
    if (url.pathname === "/read") {
      const path = url.searchParams.get("path");
      const read = async () => await new Response((await Deno.open(path)).readable).text();
      return new Response(await read().catch((error) => error.name));
    }
    if (url.pathname === "/env") return Response.json({ keys: Object.keys(env), process: "ASSETS" in process.env });
    return new Response(request.method + " " + url.pathname + url.search, { headers: { "x-from": "app" } });
  },
};`;

const BIG = 2_000_000;
/** More than the system's buffers between a server and a client that does not read. */
const HUGE = 64 * 1024 * 1024;

/** Two apps with files of their own, in both stream modes, one that is broken, one that is parked, one without code. */
async function createProject(): Promise<TempProject> {
  const files = {
    "index.ts": APP,
    "public/a.txt": "one",
    "public/docs/index.html": "<p>docs",
    "public/secret.br": "x",
  };
  const project = await TempProject.create({
    one: { files, config: { assets: "apps/one/public" } },
    two: {
      files: { "index.ts": APP, "public/a.txt": "two", "public/404.html": "none of two" },
      config: { assets: "apps/two/public", streams: "polyfill", env: { NAME: "two" } },
    },
    broken: {
      files: { "index.ts": "export default {", "public/a.txt": "still here" },
      config: { assets: "apps/broken/public" },
    },
    page: {
      files: { "index.ts": APP, "public/index.html": "<p>page" },
      config: { assets: { path: "apps/page/public", single_page: true } },
    },
    site: { files: { "index.html": "<p>site", "404.html": "<p>none", "style.css": "p{}", ".env": "SECRET" } },
  });
  for (const app of ["one", "two"]) {
    await Deno.writeFile(`${project.dir}/apps/${app}/public/big.bin`, new Uint8Array(BIG).fill(7));
  }
  const huge = await Deno.create(`${project.dir}/apps/one/public/huge.bin`);
  await huge.truncate(HUGE);
  huge.close();
  return project;
}

interface Via {
  readonly status: number;
  readonly type: string | null;
  readonly range: string | null;
  readonly location: string | null;
  readonly length: number;
  readonly text: string;
}

async function via(nano: NanoProcess, app: string, target: string, init: object = {}): Promise<Via> {
  const answer = await nano.fetch(app, "/via", { method: "POST", body: JSON.stringify({ target, ...init }) });
  const text = await answer.text();
  assertEquals(answer.status, 200, text);
  return JSON.parse(text);
}

Deno.test("Apps' static files are served before them, through env.ASSETS, and in their place", async (t) => {
  await using project = await createProject();
  await using nano = await NanoProcess.start(project.configFile);

  await t.step("a file is answered in the host, with a request id, a log line and metrics", async () => {
    const answer = await nano.fetch("one", "/a.txt?x=1");
    assertEquals([answer.status, answer.headers.get("x-from"), await answer.text()], [200, null, "one"]);
    const requestId = answer.headers.get("x-request-id");
    const line = await nano.waitForEvent((one) => one.event === "request" && one["request_id"] === requestId);
    const { app, method, path, status, bytes } = line;
    assertEquals({ app, method, path, status, bytes }, {
      app: "one",
      method: "GET",
      path: "/a.txt",
      status: 200,
      bytes: 3,
    });
    const again = await nano.fetch("one", "/a.txt", { headers: { "if-none-match": answer.headers.get("etag")! } });
    assertEquals([again.status, await again.text()], [304, ""]);
  });

  await t.step("on the wire: a HEAD without a body, a part of a file, a 304 and a whole download", async () => {
    using connection = await RawConnection.open(nano.url);
    const ask = async (method: string, path: string, headers: [string, string][] = []) => {
      await connection.request(method, path, [["host", "one"], ...headers]);
      return await connection.readResponse(method);
    };
    const head = await ask("HEAD", "/big.bin");
    assertEquals([head.status, head.get("content-length"), head.body.byteLength], [200, String(BIG), 0]);
    const part = await ask("GET", "/big.bin", [["range", "bytes=-70000"]]);
    assertEquals([part.status, part.end, part.body.byteLength], [206, "length", 70_000]);
    assertEquals(part.get("content-range"), `bytes ${BIG - 70_000}-${BIG - 1}/${BIG}`);
    const beyond = await ask("GET", "/big.bin", [["range", `bytes=${BIG}-`]]);
    assertEquals([beyond.status, beyond.get("content-range")], [416, `bytes */${BIG}`]);
    const same = await ask("GET", "/big.bin", [["if-modified-since", head.get("last-modified")!]]);
    assertEquals([same.status, same.body.byteLength], [304, 0]);
    const whole = await ask("GET", "/big.bin", [["accept-encoding", "gzip, br"]]);
    assertEquals([whole.status, whole.end, whole.truncated, whole.body.byteLength], [200, "length", false, BIG]);
    assertEquals(whole.get("content-encoding"), null);
  });

  await t.step("other methods and unknown paths are the app's", async () => {
    for (
      const [method, path] of [["POST", "/a.txt"], ["DELETE", "/docs/"], ["GET", "/other?q"], ["OPTIONS", "/a.txt"]]
    ) {
      const answer = await nano.fetch("one", path, { method: method! });
      assertEquals([answer.headers.get("x-from"), await answer.text()], ["app", `${method} ${path}`]);
    }
    const folder = await nano.fetch("one", "/docs?a=b", { redirect: "manual" });
    assertEquals([folder.status, folder.headers.get("location")], [307, "/docs/?a=b"]);
    await folder.body?.cancel();
  });

  await t.step("no path leads out of the folder", async () => {
    const app = await Deno.readTextFile(`${project.dir}/apps/one/index.ts`);
    for (
      const path of [
        ..."/../index.ts /%2e%2e/index.ts /..%2findex.ts /%252e%252e%252findex.ts /docs/../../index.ts".split(" "),
        ..."/..\\index.ts /..%5cindex.ts /a.txt%00 /%00/../index.ts //etc/passwd /./../index.ts".split(" "),
        ..."/%c0%ae%c0%ae/index.ts /../two/public/a.txt".split(" "),
      ]
    ) {
      const answer = await rawRequest(nano.url, `GET ${path} HTTP/1.1\r\nhost: one\r\nconnection: close\r\n\r\n`);
      assert(!answer.text.includes(app.slice(0, 40)) && !answer.text.includes("root:"), path);
      assert(answer.get("x-from") === "app" || answer.status === 400, `${path}: ${answer.status} ${answer.text}`);
    }
  });

  await t.step("env.ASSETS reaches the app's own folder and nothing else, in both stream modes", async () => {
    for (const app of ["one", "two"]) {
      const found = await via(nano, app, `http://${app === "one" ? "two" : "one"}/a.txt`);
      assertEquals([found.status, found.text, found.type], [200, app, "text/plain; charset=utf-8"]);
      assertEquals((await via(nano, app, "http://x/big.bin")).length, BIG);
      const part = await via(nano, app, "http://x/big.bin", { headers: { range: "bytes=1-70000" } });
      assertEquals([part.status, part.length, part.range], [206, 70_000, `bytes 1-70000/${BIG}`]);
      assertEquals((await via(nano, app, "http://x/a.txt", { method: "HEAD" })).length, 0);
      assertEquals((await via(nano, app, "http://x/a.txt", { method: "POST" })).status, 405);
      const up = await via(nano, app, "http://x/%2e%2e%2findex.ts");
      assertEquals([up.status, up.text], [404, app === "two" ? "none of two" : ""]);
      const passed = await nano.fetch(app, "/pass");
      assertEquals([passed.status, (await passed.bytes()).byteLength], [200, BIG]);
    }
    // A redirect is followed within the assets.
    const moved = await via(nano, "one", "http://x/docs");
    assertEquals([moved.status, moved.text.startsWith("<p>docs")], [200, true]);
    assertEquals(await (await nano.fetch("two", "/env")).json(), { keys: ["NAME", "ASSETS"], process: false });
  });

  await t.step(
    "Deno.open reads the app's assets by their path in its folder or among the assets, and nothing of the host",
    async () => {
      const cases = [
        ["public/a.txt", "one"],
        ["./public/docs/index.html", "<p>docs"],
        ["/a.txt", "one"],
        ["/etc/passwd", "NotFound"],
        ["public/../../one/index.ts", "NotFound"],
        ["../page/index.ts", "NotFound"],
        ["public/docs", "IsADirectory"],
      ];
      for (const [path, text] of cases) {
        const answer = await nano.fetch("one", `/read?path=${encodeURIComponent(path!)}`);
        assertEquals(await answer.text(), text, path);
      }
    },
  );

  await t.step("an app that cannot start still has its files", async () => {
    assertEquals(await (await nano.fetch("broken", "/a.txt")).text(), "still here");
    const other = await nano.fetch("broken", "/other");
    assertEquals([other.status, other.headers.get("nano-error")], [503, "APP_FAILED"]);
    await other.body?.cancel();
  });

  await t.step("a single page answers what a browser navigates to, and the app the rest", async () => {
    const page = await nano.fetch("page", "/deep/link", { headers: { accept: "text/html" } });
    assertEquals([page.status, await page.text()], [200, "<p>page"]);
    const api = await nano.fetch("page", "/api", { headers: { accept: "application/json" } });
    assertEquals([api.headers.get("x-from"), await api.text()], ["app", "GET /api"]);
  });

  await t.step("a folder without code is a site of its own", async () => {
    assertEquals(await (await nano.fetch("site", "/")).text(), "<p>site");
    assertEquals((await (await nano.fetch("site", "/style.css")).blob()).type, "text/css;charset=utf-8");
    for (const path of ["/none", "/.env", "/%2eenv"]) {
      const answer = await nano.fetch("site", path);
      assertEquals([answer.status, await answer.text()], [404, "<p>none"], path);
    }
    const post = await nano.fetch("site", "/", { method: "POST" });
    assertEquals([post.status, post.headers.get("allow"), await post.text()], [405, "GET, HEAD", ""]);
    await project.writeFile("site", "index.html", "<p>edited");
    const deadline = performance.now() + 120_000;
    let text = "";
    while (text !== "<p>edited" && performance.now() < deadline) text = await (await nano.fetch("site", "/")).text();
    assertEquals(text, "<p>edited");
  });

  await t.step("many clients that leave in the middle of a download hold no file open", async () => {
    const openFiles = () => {
      const links = [...Deno.readDirSync(`/proc/${nano.pid}/fd`)].map(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/${nano.pid}/fd/${name}`);
        } catch {
          return ""; // closed meanwhile
        }
      });
      return links.filter((link) => link.endsWith("/huge.bin")).length;
    };
    const connections = await Promise.all(Array.from({ length: 20 }, async () => {
      const connection = await RawConnection.open(nano.url);
      await connection.request("GET", "/huge.bin", [["host", "one"]]);
      await connection.readHead();
      return connection;
    }));
    const before = openFiles();
    for (const connection of connections) connection.close();
    // A read under way holds a second descriptor for its moment.
    assert(before >= 20, `${before} files were open`);
    const deadline = performance.now() + 120_000;
    while (openFiles() > 0 && performance.now() < deadline) await (await nano.fetch("one", "/a.txt")).text();
    assertEquals(openFiles(), 0);
  });

  assertEquals((await nano.stop()).code, 0);
});

Deno.test("A parked app is not woken for its files", async () => {
  await using project = await TempProject.create({
    one: {
      files: { "index.ts": APP, "public/a.txt": "one" },
      config: { assets: "apps/one/public", idle_timeout_ms: 50 },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  await nano.waitForEvent((one) => one.event === "app_exit" && one["reason"] === "parked");
  const starts = () => nano.events.filter(({ event }) => event === "app_starting").length;
  const before = starts();
  for (let round = 0; round < 5; round++) assertEquals(await (await nano.fetch("one", "/a.txt")).text(), "one");
  assertEquals(starts(), before);
  assertEquals(await (await nano.fetch("one", "/x")).text(), "GET /x");
  assertEquals(starts(), before + 1);
});

Deno.test("The configuration is no asset, even where its folder is one", async () => {
  await using project = await TempProject.create({
    one: { files: { "index.ts": APP }, config: { env: { KEY: "SECRET" }, assets: "." } },
  }, { state_dir: "state" });
  await using nano = await NanoProcess.start(project.configFile);
  for (const path of ["/nano.json", "/apps/../nano.json", "/%6eano.json"]) {
    const answer = await nano.fetch("one", path);
    const text = await answer.text();
    assertEquals([answer.headers.get("x-from"), text.includes("SECRET")], ["app", false], path);
  }
  const names = [...Deno.readDirSync(`${project.dir}/state`)].filter(({ isFile }) => isFile).map(({ name }) => name);
  assert(names.length > 0, "The admin token at least is kept there");
  for (const name of names) {
    const answer = await nano.fetch("one", `/state/${name}`);
    assertEquals([answer.headers.get("x-from"), await answer.text()], ["app", `GET /state/${name}`]);
  }
});
