/** The apps of the guides, served by a real NANO: each does what its guide says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { resolveConfig } from "../../mod.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { until } from "../integration/life/until.ts";
import { once, ServedExamples } from "./served_examples.ts";

Deno.test("The examples of the guides do what their guides say", async (t) => {
  await using served = await ServedExamples.start([
    { name: "crons", path: "guides/crons", crons: [{ schedule: "0 0 1 1 *", name: "tidy" }] },
    { name: "assets", path: "guides/assets/index.ts", assets: "guides/assets/public" },
    { name: "chat", path: "guides/chat", port: 0 },
    { name: "greeter", path: "guides/from-workers" },
    { name: "todo", path: "guides/todo-on-kv", bindings: { TODOS: { kv: "todos" } } },
    { name: "blog", path: "guides/blog-on-d1", bindings: { DB: { d1: "blog", migrations: "migrations" } } },
    {
      name: "shop",
      path: "guides/two-services/shop",
      bindings: {
        AUTH: { service: "auth" },
        ADMIN: { service: "auth", entrypoint: "Admin", props: { may_forget: true } },
      },
    },
    { name: "auth", path: "guides/two-services/auth" },
    { name: "uploads", path: "guides/uploads-on-r2", bindings: { FILES: { r2: "uploads" } } },
    {
      name: "mailer",
      path: "guides/mailer-on-queues",
      bindings: { MAILS: { queue: "mails" }, OUTBOX: { kv: "outbox" } },
      queues: {
        consumers: [
          { queue: "mails", max_batch_timeout: 0, max_retries: 1, dead_letter_queue: "dead-mails" },
          { queue: "dead-mails", max_batch_timeout: 0 },
        ],
      },
    },
    { name: "words", path: "guides/from-containers" },
  ]);
  const text = async (host: string, path = "/", init: RequestInit = {}) => {
    const response = await served.fetch(host, path, init);
    return [response.status, await response.text()];
  };

  await t.step("crons runs its job, and the run ends with its waitUntil", async () => {
    assertEquals(await served.runCron("crons", "tidy"), true);
    assertEquals(await text("crons"), [200, '{"runs":1}']);
    await until(() => served.lines("crons").length > 0, "the job's line");
    assertStringIncludes(served.lines("crons")[0]!, "info 0 0 1 1 * was due at 20");
  });

  await t.step("assets serves files first, then the app, and its page where nothing is", async () => {
    const style = await served.fetch("assets", "/style.css");
    assertEquals([style.headers.get("content-type"), await style.text()], [
      "text/css; charset=utf-8",
      "h1 {\n  color: teal;\n}\n",
    ]);
    assertEquals(await text("assets", "/api/time"), [200, '{"hour":0}']);
    const [status, page] = await text("assets", "/nothing");
    assertEquals(status, 404);
    assertStringIncludes(String(page), "<h1>Shop</h1>");
  });

  await t.step("chat tells everybody what one says", async () => {
    const [one, other] = [served.socket("chat"), served.socket("chat")];
    await Promise.all([once(one, "open"), once(other, "open")]);
    await until(async () => (await text("chat"))[1] === "2 in the room\n", "both are in the room");
    const heard = [once(one, "message"), once(other, "message")];
    one.send("hi");
    assertEquals((await Promise.all(heard)).map(({ data }) => data), ["hi", "hi"]);
    const ended = [once(one, "close"), once(other, "close")];
    one.close();
    other.close();
    await Promise.all(ended);
    await until(async () => (await text("chat"))[1] === "0 in the room\n", "the room is empty");
  });

  await t.step("from-workers serves the Worker with its env, cache, assets and cron", async () => {
    assertEquals(await text("greeter"), [200, "Hello, 127.0.0.1\n"]);
    assertEquals(await text("greeter", "/robots.txt"), [200, "User-agent: *\n"]);
    assertEquals(await served.runCron("greeter", "0 3 * * *"), true);
    await until(() => served.lines("greeter").includes("info cron 0 3 * * *"), "the cron's line");
  });

  await t.step("todo-on-kv keeps, lists, finishes and forgets", async () => {
    const created = await served.fetch("todo", "/todos", { method: "POST", body: "water the plants" });
    const { id } = await created.json();
    assertEquals(created.status, 201);
    const item = { id, text: "water the plants", done: false };
    assertEquals(await text("todo", `/todos/${id}`), [200, JSON.stringify(item)]);
    assertEquals((await text("todo", `/todos/${id}`, { method: "PUT" }))[1], JSON.stringify({ ...item, done: true }));
    assertEquals(await text("todo", "/todos"), [200, JSON.stringify([{ id, done: true }])]);
    assertEquals(await text("todo", `/todos/${id}`, { method: "DELETE" }), [204, ""]);
    assertEquals((await text("todo", `/todos/${id}`))[0], 404);
    assertEquals(await text("todo", "/todos"), [200, "[]"]);
    assertEquals((await text("todo", "/"))[0], 404);
  });

  await t.step("blog-on-d1 keeps posts, each title once", async () => {
    const by = { actor: "test", ifMatch: null };
    const names = ["0001_posts.sql", "0002_posts_by_title.sql"];
    assertEquals(await served.nano.operations.data.d1.migrate("blog", null, by), names);
    const post = (title: string) =>
      text("blog", "/posts", { method: "POST", body: JSON.stringify({ title, text: "…" }) });
    assertEquals(await post("first"), [201, '{"id":1}']);
    assertEquals(await post("first"), [409, "There is such a post\n"]);
    assertEquals(await post("second"), [201, '{"id":2}']);
    assertEquals(await text("blog", "/posts"), [200, '[{"id":2,"title":"second"},{"id":1,"title":"first"}]']);
    assertEquals(await text("blog", "/posts/1"), [200, '{"id":1,"title":"first","text":"…"}']);
    assertEquals((await text("blog", "/posts/9"))[0], 404);
  });

  await t.step("two-services verifies, signs in and forgets by the other app's methods", async () => {
    const as = (token: string, method = "GET") =>
      text("shop", "/", { method, headers: { authorization: `Bearer ${token}` } });
    assertEquals(await as("token-of-ada"), [200, "Hello, Ada, a customer since 2024\n"]);
    assertEquals(await as("other"), [401, "This token is nobody's\n"]);
    assertEquals(await text("shop", "/sign-in"), [200, "Sign in here\n"]);
    assertEquals(await as("token-of-ada", "DELETE"), [200, "true"]);
    assertEquals((await as("token-of-ada"))[0], 401);
  });

  await t.step("uploads-on-r2 keeps files, and answers parts of them", async () => {
    const headers = { "content-type": "text/x" };
    const put = await served.fetch("uploads", "/a/b.txt", { method: "PUT", body: "0123456789", headers });
    const etag = put.headers.get("etag")!;
    assertEquals([put.status, await put.json()], [201, { key: "a/b.txt", size: 10 }]);
    const whole = await served.fetch("uploads", "/a/b.txt");
    assertEquals([whole.headers.get("content-type"), whole.headers.get("content-length")], ["text/x", "10"]);
    assertEquals([await whole.text(), whole.headers.get("etag")], ["0123456789", etag]);
    const part = await served.fetch("uploads", "/a/b.txt", { headers: { range: "bytes=2-4" } });
    assertEquals([part.status, part.headers.get("content-range"), await part.text()], [206, "bytes 2-4/10", "234"]);
    assertEquals(await text("uploads", "/a/b.txt", { headers: { "if-none-match": etag } }), [304, ""]);
    assertEquals(await text("uploads"), [200, '[{"key":"a/b.txt","size":10}]']);
    assertEquals(await text("uploads", "/a/b.txt", { method: "DELETE" }), [204, ""]);
    assertEquals((await text("uploads", "/a/b.txt"))[0], 404);
  });

  await t.step("mailer-on-queues sends mails after the answer, and returns what cannot be sent", async () => {
    const post = (to: string) =>
      text("mailer", "/mails", { method: "POST", body: JSON.stringify({ to, text: "Hello" }) });
    assertEquals(await post("ann@example.com"), [202, "It will be sent\n"]);
    assertEquals(await post("nobody"), [202, "It will be sent\n"]);
    await until(async () => (await text("mailer", "/sent"))[1] === '["ann@example.com"]', "the mail");
    await until(async () => (await text("mailer", "/returned"))[1] === '["nobody"]', "the mail that came back");
    const warnings = served.lines("mailer").filter((line) => line.startsWith("warn "));
    assertEquals(
      warnings,
      [1, 2].map((attempt) => `warn Attempt ${attempt} for nobody failed: Error: no such address`),
    );
    assertEquals((await text("mailer"))[0], 404);
  });

  await t.step("from-containers serves a service that listened by itself", async () => {
    assertEquals(await text("words", "/", { method: "POST", body: "one two three" }), [200, '{"words":3}']);
    assertEquals((await text("words"))[0], 405);
    assertStringIncludes(served.lines("words").join("\n"), 'warn Deno.serve: option "port" is ignored');
  });
});

Deno.test("The nano.json of the guide for Workers is a right configuration, and wrangler.toml says the rest", async () => {
  const folder = new URL("docs/examples/guides/from-workers/", REPO);
  const document = JSON.parse(await Deno.readTextFile(new URL("nano.json", folder)));
  const baseDir = fromFileUrl(folder).replace(/\/$/, "");
  const { apps: [app] } = await resolveConfig(document, { file: null, baseDir, hostEnv: () => undefined });
  assertEquals(app!.main, `${baseDir}/src/index.ts`);
  assertEquals(app!.hostnames, ["greeter", "greeter.example.com"]);
  assertEquals(app!.env, { GREETING: "Hello" });
  assertEquals([app!.assets?.path, app!.assets?.binding], [`${baseDir}/public`, "ASSETS"]);
  assertEquals(app!.crons, [{ schedule: "0 3 * * *", name: "0 3 * * *" }]);
});
