/** Holds the routing table against the real listener: which app answers which Host, and who gets none. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { rawRequest, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { freePort } from "../../support/free_port.ts";

const NAMING = `export default { fetch: (request, env) => new Response(env.APP + " " + request.url) };`;

function app(name: string, hostname: string | string[], more: Record<string, unknown> = {}) {
  return { files: NAMING, config: { hostname, env: { APP: name }, ...more } };
}

function ask(url: string, host: string | null, target = "/"): Promise<RawResponse> {
  return rawRequest(url, `GET ${target} HTTP/1.1\r\n${host === null ? "" : `Host: ${host}\r\n`}\r\n`);
}

async function answerer(url: string, host: string, target = "/"): Promise<string> {
  const { status, text, get } = await ask(url, host, target);
  return status === 200 ? text.split(" ")[0]! : `${status} ${get("nano-error")}`;
}

const APPS = {
  exact: app("exact", ["exact.test", "second.test", "deep.b.wild.test"]),
  wide: app("wide", "*.wild.test"),
  narrow: app("narrow", ["*.b.wild.test", "wild.test"]),
  named: { files: NAMING, config: { env: { APP: "named" } } },
};

Deno.test("Requests find their app by host", async (t) => {
  await using project = await TempProject.create(APPS);
  await using nano = await NanoProcess.start(project.configFile);

  const table: Readonly<Record<string, string>> = {
    "exact.test": "exact",
    "second.test": "exact",
    "EXACT.Test": "exact",
    "exact.test:8080": "exact",
    "exact.test:": "exact",
    "exact.test.": "exact",
    "Exact.TEST.:1": "exact",
    "named": "named",
    "named:65535": "named",
    "a.wild.test": "wide",
    "x.y.wild.test": "wide",
    "A.WILD.test.:99": "wide",
    "b.wild.test": "wide",
    "a.b.wild.test": "narrow",
    "x.y.b.wild.test": "narrow",
    "deep.b.wild.test": "exact",
    "wild.test": "narrow",
    "other.test": "404 APP_NOT_FOUND",
    "xwild.test": "404 APP_NOT_FOUND",
    ".wild.test": "404 APP_NOT_FOUND",
    "exact.test.evil.test": "404 APP_NOT_FOUND",
    "127.0.0.1": "404 APP_NOT_FOUND",
    "[::1]:80": "404 APP_NOT_FOUND",
    "*.wild.test": "wide",
    "exact.test..": "404 APP_NOT_FOUND",
  };
  for (const [host, wanted] of Object.entries(table)) {
    await t.step(`Host ${host} is answered by ${wanted}`, async () => {
      assertEquals(await answerer(nano.url, host), wanted);
    });
  }

  const malformed = [
    "",
    "a b",
    "exact.test/path",
    "/",
    "exact.test?query",
    "exact.test#part",
    "user@exact.test",
    "exact.test:99999",
    "exact.test:x",
    "[::1",
    "[:::]",
    "[exact.test]",
    "1.2.3.999",
    "exact.test\\x",
    "<exact.test>",
    "ex\u00e4ct.test",
    "%zz.test",
    `${"a".repeat(400)}.test`,
  ];
  for (const host of malformed) {
    await t.step(`Host ${JSON.stringify(host).slice(0, 40)} is a bad request`, async () => {
      const response = await ask(nano.url, host);
      assertEquals([response.status, response.get("nano-error")], [400, "BAD_REQUEST"]);
      assertEquals(JSON.parse(response.text).code, "BAD_REQUEST");
      assertNotEquals(response.get("x-request-id"), null);
    });
  }

  await t.step("a request without a Host is a bad request", async () => {
    const response = await ask(nano.url, null);
    assertEquals([response.status, response.get("nano-error")], [400, "BAD_REQUEST"]);
  });

  await t.step("two Hosts are a bad request", async () => {
    const response = await rawRequest(nano.url, "GET / HTTP/1.1\r\nHost: exact.test\r\nHost: named\r\n\r\n");
    assertEquals(response.status, 400);
  });

  await t.step("the host of the request line counts where it names one, as RFC 9112 wants it", async () => {
    assertEquals(await answerer(nano.url, "named", "http://exact.test/x"), "exact");
    assertEquals((await ask(nano.url, "named", "http://exact.test?q=1/2")).text, "exact http://exact.test/?q=1/2");
    assertEquals(await answerer(nano.url, "a/b", "http://exact.test/x"), "400 BAD_REQUEST");
    for (const scheme of ["https", "ftp", "HTTPS"]) {
      assertEquals(
        (await ask(nano.url, "named", `${scheme}://exact.test/x`)).text,
        "exact http://exact.test/x",
        scheme,
      );
    }
  });

  await t.step("a path is resolved before anybody sees it: a guard and a router see one and the same", async () => {
    assertEquals((await ask(nano.url, "Exact.TEST:80", "/public/../admin")).text, "exact http://exact.test/admin");
    assertEquals((await ask(nano.url, "exact.test", "/public/%2E%2e/admin")).text, "exact http://exact.test/admin");
    assertEquals((await ask(nano.url, "exact.test", "/public\\..\\admin")).text, "exact http://exact.test/admin");
  });

  await t.step("an unknown host's answer names neither another app nor its host in the log's app field", async () => {
    const { text } = await ask(nano.url, "nobody.test");
    assertEquals(/exact|wide|narrow|named/.test(text), false);
    const record = await nano.waitForEvent((one) => one.event === "request" && one["status"] === 404);
    assertEquals(record["app"], null);
  });
});

Deno.test("Hosts that nobody claims go to the default app, but malformed ones do not", async () => {
  await using project = await TempProject.create(APPS, { default_app: "named" });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await answerer(nano.url, "nobody.test"), "named");
  assertEquals(await answerer(nano.url, "127.0.0.1"), "named");
  assertEquals(await answerer(nano.url, "exact.test"), "exact");
  for (const host of ["", "a b", "a/b", "nobody.test:99999"]) {
    assertEquals(await answerer(nano.url, host), "400 BAD_REQUEST", host);
  }
  assertEquals((await ask(nano.url, null)).status, 400);
});

Deno.test("An app with a port of its own gets every request there, whatever the host", async () => {
  const port = freePort();
  await using project = await TempProject.create({ ...APPS, own: app("own", "own.test", { port }) });
  await using nano = await NanoProcess.start(project.configFile);
  const own = `http://127.0.0.1:${port}`;
  for (const host of ["own.test", "exact.test", "nobody.test", `127.0.0.1:${port}`]) {
    assertEquals(await answerer(own, host), "own", host);
  }
  assertEquals(await answerer(nano.url, "own.test"), "own");
  assertEquals(await answerer(nano.url, "exact.test"), "exact");
  assertEquals(await answerer(own, "a b"), "400 BAD_REQUEST");
  assertEquals((await ask(own, null)).status, 400);
  assertEquals((await ask(own, "exact.test", "/p?q")).text, "own http://exact.test/p?q");
});
