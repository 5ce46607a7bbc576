/** Provokes every answer that NANO gives in an app's place and holds its status, headers and document. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, rawRequest, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ANSWERS, assertCoded, SECRET } from "./coded_answer.ts";

/** Apps that each provoke one answer. Every error text holds a secret and a path that no client may see. */
const LEAK = `new Error(env.TOKEN + " at /etc/passwd")`;
const handler = (body: string) => `export default { async fetch(request, env, ctx) { ${body} } };`;
const app = (files: string, config: Record<string, unknown> = {}) => ({
  files,
  config: { env: { TOKEN: SECRET }, ...config },
});

const APPS = {
  fine: app(handler(`return new Response("fine");`)),
  syntax: app(`export default { fetch( { ${SECRET} } };`),
  toplevel: app(`throw new Error("${SECRET} at /etc/passwd"); export default {};`),
  handlerless: app(`export const secret = "${SECRET}";`),
  throwing: app(handler(`throw ${LEAK};`)),
  rejecting: app(handler(`await 0; return Promise.reject(${LEAK});`)),
  odd: app(handler(`throw { toString() { throw ${LEAK}; } };`)),
  nothing: app(handler("")),
  object: app(handler(`return { status: 200, token: env.TOKEN };`)),
  text: app(handler(`return env.TOKEN;`)),
  used: app(handler(`const response = new Response(env.TOKEN); await response.text(); return response;`)),
  slow: app(handler(`return new Promise(() => {});`), { timeout_ms: 300 }),
  busy: app(handler(`for (;;);`), { cpu_ms: 300 }),
  hungry: app(handler(`const all = []; for (;;) all.push(new Array(1000).fill(request.url + all.length));`), {
    memory_mb: 32,
  }),
  narrow: app(handler(`return new Response(await request.text());`), { max_concurrent: 1, max_queue: 1 }),
  small: app(handler(`return new Response(String((await request.bytes()).byteLength));`), { max_body_bytes: 1000 }),
  dying: app(handler(`for (;;);`), { cpu_ms: 100 }),
};

function get(nano: NanoProcess, host: string, path = "/"): Promise<RawResponse> {
  return rawRequest(nano.url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

Deno.test("Every coded answer has its status, headers and document, and tells nothing of the inside", async (t) => {
  await using project = await TempProject.create(APPS);
  await using nano = await NanoProcess.start(project.configFile);
  const seen = new Set<string>();
  const coded = (response: RawResponse, code: string) => {
    assertCoded(response, code);
    seen.add(code);
  };

  const simple: Readonly<Record<string, string>> = {
    "nobody.test": "APP_NOT_FOUND",
    "no host": "BAD_REQUEST",
    syntax: "APP_FAILED",
    toplevel: "APP_FAILED",
    handlerless: "APP_FAILED",
    throwing: "APP_EXCEPTION",
    rejecting: "APP_EXCEPTION",
    odd: "APP_EXCEPTION",
    nothing: "APP_BAD_RESPONSE",
    object: "APP_BAD_RESPONSE",
    text: "APP_BAD_RESPONSE",
    used: "APP_BAD_RESPONSE",
    slow: "REQUEST_TIMEOUT",
    busy: "APP_UNRESPONSIVE",
    hungry: "APP_OUT_OF_MEMORY",
  };
  for (const [host, code] of Object.entries(simple)) {
    await t.step(`${host}: ${code}`, async () => coded(await get(nano, host), code));
  }

  await t.step("a HEAD request gets the head of the same answer", async () => {
    const response = await rawRequest(nano.url, "HEAD / HTTP/1.1\r\nHost: throwing\r\n\r\n", "HEAD");
    assertEquals([response.status, response.get("nano-error"), response.text], [500, "APP_EXCEPTION", ""]);
  });

  await t.step("one request in the app, one in the queue, the third is refused; a drain finishes the two", async () => {
    const connections = await Promise.all([0, 1, 2].map(() => RawConnection.open(nano.url)));
    try {
      const answers = connections.map(async (connection) => {
        // The app answers once the body has come, so the test decides when
        await connection.send("POST / HTTP/1.1\r\nHost: narrow\r\nContent-Length: 1\r\n\r\n");
        return { connection, response: await connection.readResponse() };
      });
      const refused = await Promise.race(answers);
      coded(refused.response, "APP_OVERLOADED");
      await project.removeApp("narrow");
      nano.signal("SIGHUP");
      await nano.waitForEvent((record) => record.event === "app_drain_start" && record["app"] === "narrow");
      coded(await get(nano, "narrow"), "APP_DRAINING");
      for (const connection of connections) if (connection !== refused.connection) await connection.send("x");
      const results = (await Promise.all(answers)).map(({ response }) => `${response.status} ${response.text}`);
      assertEquals(results.filter((result) => result === "200 x").length, 2, results.join("\n"));
      await nano.waitForEvent((record) => record.event === "app_drained" && record["app"] === "narrow");
    } finally {
      for (const connection of connections) connection.close();
    }
  });

  await t.step("a declared body above the limit is refused before it is sent", async () => {
    using connection = await RawConnection.open(nano.url);
    await connection.send("POST / HTTP/1.1\r\nHost: small\r\nContent-Length: 1001\r\n\r\n");
    coded(await connection.readResponse(), "BODY_TOO_LARGE");
  });

  await t.step("transfer codings: all but chunked", async () => {
    for (const coding of ["gzip, chunked", "gzip\r\nTransfer-Encoding: chunked"]) {
      const head = `POST / HTTP/1.1\r\nHost: small\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      coded(await rawRequest(nano.url, `${head}1\r\nx\r\n0\r\n\r\n`), "BAD_REQUEST");
    }
    const { status } = await rawRequest(
      nano.url,
      "POST / HTTP/1.1\r\nHost: small\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    );
    assertEquals(status, 200);
  });
  await t.step("a chunked body is refused once it passes the limit, whether it comes at once or in parts", async () => {
    const head = "POST / HTTP/1.1\r\nHost: small\r\nTransfer-Encoding: chunked\r\n\r\n";
    const chunk = `1f4\r\n${"x".repeat(500)}\r\n`;
    coded(await rawRequest(nano.url, `${head}${chunk.repeat(3)}0\r\n\r\n`), "BODY_TOO_LARGE");
    using connection = await RawConnection.open(nano.url);
    await connection.send(head + chunk);
    await connection.send(chunk + chunk);
    coded(await connection.readResponse(), "BODY_TOO_LARGE");
    const allowed = await rawRequest(nano.url, `${head}${chunk.repeat(2)}0\r\n\r\n`);
    assertEquals([allowed.status, allowed.text], [200, "1000"]);
  });

  await t.step("an app that keeps dying is not there while it waits to be started again", async () => {
    let response: RawResponse;
    let deaths = 0;
    do {
      response = await get(nano, "dying");
      deaths++;
      assert(deaths < 20, "the app never had to wait");
    } while (response.get("nano-error") === "APP_UNRESPONSIVE");
    coded(response, "APP_UNAVAILABLE");
  });

  await t.step("every code was seen, and every other app serves on", async () => {
    // APP_TERMINATED has a test of its own: an app finds no way to break the wall's protocol
    assertEquals([...seen, "APP_TERMINATED"].sort(), Object.keys(ANSWERS).sort());
    const response = await get(nano, "fine");
    assertEquals([response.status, response.text], [200, "fine"]);
    assertMatch(String(response.get("x-request-id")), /^[\w-]+$/);
    assertEquals(response.get("nano-error"), null);
  });

  await t.step("what the client is not told stands in the log", () => {
    const texts = nano.events.filter(({ event }) => event === "app_log" || event === "app_failed");
    for (const name of ["throwing", "rejecting", "toplevel", "syntax"]) {
      assert(texts.some((record) => record["app"] === name && JSON.stringify(record).includes("index.ts")), name);
    }
  });
});
