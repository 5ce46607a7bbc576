/** The apps of the API reference, served by a real NANO: each answers what its page shows. */
import { assertEquals } from "@std/assert";
import { REPO } from "../support/repo.ts";
import { until } from "../integration/life/until.ts";
import { once, ServedExamples } from "./served_examples.ts";

const FOLDER = new URL("docs/examples/api/", REPO);

/** Names of the apps; the socket is no request and has a step of its own. */
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();

/** These have tests or steps of their own. */
const SPECIAL = ["fetch", "websockets"];
const ENV = { GREETING: "Hello", SIGNING_KEY: "a secret of 32 characters, or more" };

Deno.test("The examples of the API reference do what their pages show", async (t) => {
  await using served = await ServedExamples.start(
    names.filter((name) => name !== "fetch").map((name) => ({
      name,
      path: `api/${name}`,
      env: ENV,
      ...name === "websockets" ? { port: 0 } : {},
    })),
  );

  for (const name of names.filter((one) => !SPECIAL.includes(one))) {
    await t.step(name, async () => {
      const response = await served.fetch(name);
      const body = await response.text();
      assertEquals(response.status, 200, body);
      const answer = await shown(name);
      if (answer.json) assertEquals(JSON.parse(body), JSON.parse(answer.text));
      else assertEquals(body, answer.text);
    });
  }

  await t.step("websockets counts the messages of a socket", async () => {
    const socket = served.socket("websockets");
    await once(socket, "open");
    for (const [sent, expected] of [["one", "1: one"], ["two", "2: two"]] as const) {
      const answer = once(socket, "message");
      socket.send(sent);
      assertEquals((await answer).data, expected);
    }
    const closed = once(socket, "close");
    socket.close(1000);
    await closed;
    await until(() => served.lines("websockets").length > 0, "the app knows of the end");
    assertEquals(served.lines("websockets"), ["info closed with 1000 after 2 messages"]);
  });

  await t.step("request-response redirects and reads a body", async () => {
    const redirect = await served.fetch("request-response", "/old");
    await redirect.body?.cancel();
    assertEquals([redirect.status, new URL(redirect.headers.get("location")!).pathname], [308, "/"]);
    const shout = await served.fetch("request-response", "/shout", { method: "POST", body: "quiet" });
    assertEquals(await shout.text(), "QUIET");
  });

  await t.step("headers sends each cookie on its own", async () => {
    const response = await served.fetch("headers");
    await response.body?.cancel();
    assertEquals(response.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
  });

  await t.step("console wrote one record a call, and env-and-ctx one after its answer", async () => {
    await until(() => served.lines("console").length >= 4, "the lines of console");
    assertEquals(served.lines("console"), [
      "info asked for /",
      "warn { stock: 2, items: [ 'tea' ] }",
      "error sold out",
      "info orders: 1",
    ]);
    await until(() => served.lines("env-and-ctx").includes("info answered /"), "ctx.waitUntil has ended");
  });

  await t.step("caches answers from the cache", async () => {
    assertEquals(await (await served.fetch("caches")).json(), { computed: 1 });
  });
});

// undici keeps a timer for all its connections, and lets nobody clear it.
const UNDICI_TIMER = { sanitizeOps: false, sanitizeResources: false };

Deno.test("The example of fetch asks another service, and its policy refuses the rest", UNDICI_TIMER, async () => {
  await using upstream = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname !== "/todos/1") return new Response(null, { status: 404 });
    return Response.json({ id: 1, title: "Water the plants" });
  });
  const env = { API_URL: `http://127.0.0.1:${upstream.addr.port}` };
  await using served = await ServedExamples.start([{ name: "fetch", path: "api/fetch", env, outbound: ["127.0.0.1"] }]);
  assertEquals(await (await served.fetch("fetch")).json(), JSON.parse((await shown("fetch")).text));
});

async function shown(name: string): Promise<{ readonly json: boolean; readonly text: string }> {
  try {
    return { json: true, text: await Deno.readTextFile(new URL(`${name}/answer.json`, FOLDER)) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { json: false, text: await Deno.readTextFile(new URL(`${name}/answer.txt`, FOLDER)) };
  }
}
