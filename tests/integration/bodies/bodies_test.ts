/** Bodies as apps read and make them, in both stream modes, seen byte by byte from outside. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { BODY_APP } from "./body_app.ts";

const TYPE_TEXT = "text/plain;charset=UTF-8";

interface Scene {
  readonly nano: NanoProcess;
  post(path: string, body: BodyInit, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  raw(method: string, path: string, headers?: readonly (readonly [string, string])[]): Promise<RawResponse>;
  readonly app: string;
}

const CASES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "formData() reads multipart with files, and urlencoded": async ({ post }) => {
    const form = new FormData();
    form.append("name", "wert ü");
    form.append("name", "second");
    form.append("file", new File(["inhalt"], "grö ße.txt", { type: "text/plain" }));
    form.append("empty", new File([], "empty.bin"));
    assertEquals(await post("form", form), [
      ["name", "wert ü"],
      ["name", "second"],
      ["file", "grö ße.txt", "text/plain", 6, "inhalt"],
      ["empty", "empty.bin", "application/octet-stream", 0, ""],
    ]);
    assertEquals(await post("form", new URLSearchParams([["a", "1 2"], ["a", "ü&"]])), [["a", "1 2"], ["a", "ü&"]]);
    const large = new FormData();
    large.append("file", new File(["x".repeat(3_000_000)], "large"));
    const [[name, file, , size]] = await post("form", large) as [unknown[]];
    assertEquals([name, file, size], ["file", "large", 3_000_000]);
  },
  "clones give the body as blob, bytes, buffer, JSON and text": async ({ post }) => {
    const text = JSON.stringify({ a: "ü" });
    const length = new TextEncoder().encode(text).length;
    assertEquals(await post("kinds", text, { "content-type": "application/json" }), [
      ["application/json", length],
      true,
      length,
      { a: "ü" },
      text,
      text,
      true,
      true,
    ]);
  },
  "a body can be read once": async ({ post }) => {
    assertEquals(await post("twice", "x"), ["TypeError", true]);
  },
  "tee gives both halves the whole": async ({ post }) => {
    assertEquals(await post("tee", "x".repeat(2_000_000)), [2_000_000, true]);
    assertEquals(await post("tee", "short"), [5, true]);
  },
  "BYOB readers fill the app's own buffers": async ({ post }) => {
    assertEquals(await post("byob", "x".repeat(700_001)), [700_001, [true]]);
  },
  "trailers of a chunked upload are ignored": async ({ nano, app }) => {
    using connection = await RawConnection.open(nano.url);
    await connection.request("POST", "/length", [["Host", app], ["Transfer-Encoding", "chunked"], [
      "Trailer",
      "X-Trailer",
    ]]);
    await connection.send("5\r\nhello\r\n3;ext=1\r\n us\r\n0\r\nX-Trailer: evil\r\nHost: other\r\n\r\n");
    const response = await connection.readResponse();
    assertEquals([response.status, JSON.parse(response.text)], [200, [8, false]]);
    // The connection is still in step.
    await connection.request("GET", "/sized", [["Host", app]]);
    assertEquals((await connection.readResponse()).body.byteLength, 123);
  },
  "Expect: 100-continue is answered before the body is sent": async ({ nano, app }) => {
    using connection = await RawConnection.open(nano.url);
    await connection.request("POST", "/length", [["Host", app], ["Content-Length", "5"], ["Expect", "100-continue"]]);
    const first = new TextDecoder().decode((await connection.readSome(25))!);
    assertStringIncludes(first, "HTTP/1.1 100 Continue");
    await connection.send("hello");
    const response = await connection.readResponse();
    assertEquals([response.status, JSON.parse(response.text)], [200, [5, false]]);
  },
  "a Content-Encoding of the app is left alone, and nothing is compressed behind its back": async ({ raw }) => {
    const accept = [["Accept-Encoding", "gzip, br"]] as const;
    const encoded = await raw("GET", "/encoded", accept);
    assertEquals([encoded.text, encoded.all("content-encoding")], ["really gzip?", ["gzip"]]);
    const plain = await raw("GET", "/plain", accept);
    assertEquals([plain.body.byteLength, plain.get("content-encoding")], [5000, null]);
  },
  "Response.json, redirect and error": async ({ raw }) => {
    const json = await raw("GET", "/json");
    assertEquals([json.status, json.text, json.get("content-type"), json.get("x-a")], [
      201,
      '{"a":[1]}',
      "application/json",
      "1",
    ]);
    const redirect = await raw("GET", "/redirect");
    assertEquals([redirect.status, redirect.get("location")], [307, "http://app/elsewhere"]);
    const error = await raw("GET", "/error");
    assertEquals([error.status, error.get("nano-error")], [500, "APP_BAD_RESPONSE"]);
  },
  "204, 304 and HEAD have no body, and lengths as HTTP wants them": async ({ raw }) => {
    const none = await raw("GET", "/none");
    assertEquals([none.status, none.get("content-length"), none.get("transfer-encoding")], [204, null, null]);
    const unchanged = await raw("GET", "/unchanged");
    assertEquals([unchanged.status, unchanged.get("etag"), unchanged.get("transfer-encoding")], [304, '"v"', null]);
    // As with plain Deno nothing but the end of the connection ends a 205.
    const reset = await raw("GET", "/reset", [["Connection", "close"]]);
    assertEquals([reset.status, reset.text], [205, ""]);
    const head = await raw("HEAD", "/sized");
    assertEquals([head.status, head.get("content-length"), head.text], [200, "123", ""]);
    const streamed = await raw("HEAD", "/stream");
    assertEquals([streamed.status, streamed.text], [200, ""]);
    const forbidden = await raw("GET", "/forbidden");
    assertEquals([forbidden.status, forbidden.get("nano-error")], [500, "APP_EXCEPTION"]);
  },
  "streams and async iterables are bodies": async ({ raw }) => {
    for (const [path, text] of [["stream", "ab"], ["iterable", "iterable"], ["from", "xy"]] as const) {
      const response = await raw("GET", `/${path}`);
      assertEquals([response.status, response.text, response.get("content-type")], [200, text, null], path);
    }
    assertEquals(JSON.parse((await raw("GET", "/inside")).text), ["inside", "request"]);
  },
  "an async iterable of texts is cut off, as in plain Deno: chunks are bytes": async ({ raw }) => {
    const response = await raw("GET", "/strings");
    assertEquals([response.text, response.truncated], ["", true]);
  },
  "bodies bring their content type": async ({ raw }) => {
    assertEquals((await raw("GET", "/blob")).get("content-type"), "x/y");
    assertEquals((await raw("GET", "/sized")).get("content-type"), TYPE_TEXT);
    assertStringIncludes((await raw("GET", "/form_out")).get("content-type")!, "multipart/form-data; boundary=");
    const params = await raw("GET", "/params");
    assertEquals([params.text, params.get("content-type")], [
      "a=1+2",
      "application/x-www-form-urlencoded;charset=UTF-8",
    ]);
  },
  "a used body and chunks that are no bytes are mistakes of the app": async ({ nano, raw, app }) => {
    const used = await raw("GET", "/used");
    assertEquals([used.status, used.get("nano-error")], [500, "APP_BAD_RESPONSE"]);
    const from = nano.events.length;
    using connection = await RawConnection.open(nano.url);
    await connection.request("GET", "/chunk", [["Host", app]]);
    const cut = await connection.readResponse();
    assert(cut.truncated, cut.text);
    await nano.waitForEvent(
      ({ event, text }) => event === "app_log" && String(text).includes("Uint8Array"),
      undefined,
      from,
    );
  },
};

Deno.test("Bodies in apps", async (t) => {
  await using project = await TempProject.create({
    native: { files: BODY_APP },
    polyfill: { files: BODY_APP, config: { streams: "polyfill" } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  for (const app of ["native", "polyfill"]) {
    const scene: Scene = {
      nano,
      app,
      async post(path, body, headers = {}) {
        const response = await nano.fetch(app, `/${path}`, { method: "POST", body, headers });
        const text = await response.text();
        assertEquals(response.status, 200, text);
        return JSON.parse(text);
      },
      async raw(method, path, headers = []) {
        using connection = await RawConnection.open(nano.url);
        await connection.request(method, path, [["Host", app], ...headers]);
        return await connection.readResponse(method);
      },
    };
    for (const [name, run] of Object.entries(CASES)) await t.step(`${app}: ${name}`, () => run(scene));
  }
});
