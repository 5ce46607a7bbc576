/** Uploads through the real listener: forms of files, whole or broken, in both stream modes. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = String.raw`
const show = (form) => [...form].map(([name, value]) =>
  typeof value === "string" ? [name, value] : [name, value.name, value.type, value.size]);
const runs = {
  async form(request) {
    return Response.json(show(await request.formData()));
  },
  async sum(request) {
    const form = await request.formData();
    let sum = 0;
    for (const value of form.values()) {
      for await (const chunk of value.stream()) for (let at = 0; at < chunk.length; at += 4096) sum += chunk[at];
    }
    return Response.json([sum, request.bodyUsed]);
  },
  async refused(request) {
    const twice = await Promise.allSettled([request.formData(), request.formData()]);
    return Response.json(twice.map(({ reason }) => [reason?.name, request.bodyUsed]));
  },
  async hold(request) {
    const form = await request.formData();
    try {
      await form.get("f").arrayBuffer();
    } catch (error) {
      return Response.json([error.name, error.message.includes("external_mb"), form.get("f").size]);
    }
  },
  async echo(request) {
    return new Response(await request.formData());
  },
  large() {
    return new Response(new Blob([new Uint8Array(3_000_000)], { type: "a/b" }));
  },
  async passed() {
    const request = new Request("http://x", { method: "POST", body: new Blob(["x".repeat(2_000_000)], { type: "a/b" }) });
    const copy = new Request(request.clone());
    const texts = await Promise.all([request.text(), copy.text()]);
    const response = new Response(new Blob(["in"], { type: "c/d" }), { headers: { "content-type": "e/f" } });
    return Response.json([texts.map((text) => text.length), copy.headers.get("content-type"), response.headers.get("content-type")]);
  },
  async cloned() {
    const file = new File(["abc"], "n", { type: "a/b", lastModified: 7 });
    const { blob, list } = structuredClone({ blob: new Blob(["x"]), list: [file, file] });
    const { port1, port2 } = new MessageChannel();
    const posted = await new Promise((resolve) => {
      port1.onmessage = (event) => resolve(event.data);
      port2.postMessage(file);
    });
    port1.close();
    const forged = [];
    for (const type of ["Blob", "File"]) {
      try {
        structuredClone({ [Symbol.for("Deno.core.hostObject")]: () => ({ type, mimeType: "", parts: [], size: 0, name: "" }) });
      } catch (error) {
        forged.push(error instanceof Error);
      }
    }
    return Response.json([
      blob instanceof Blob, await blob.text(), list[0] === list[1], list[0] instanceof File, list[0].name,
      await list[0].text(), posted instanceof File, posted.lastModified, posted.type, await posted.text(), forged,
    ]);
  },
  async clones() {
    const error = structuredClone(new DOMException("m", "AbortError"));
    const key = structuredClone(await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]));
    const deep = structuredClone({ map: new Map([[1, new Set([2n])]]), date: new Date(0), re: /x/g, all: new Uint8Array(9).fill(255) });
    const buffer = new ArrayBuffer(3);
    const moved = structuredClone({ buffer, view: new Uint8Array(buffer) }, { transfer: [buffer] });
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    structuredClone(shared)[0] = 7;
    const { port1, port2 } = new MessageChannel();
    const inner = new MessageChannel();
    const bytes = new Uint8Array([1, 2]);
    port1.postMessage({ port: inner.port2, bytes, shared }, [inner.port2, bytes.buffer]);
    const got = await new Promise((resolve) => port2.onmessage = ({ data }) => resolve(data));
    got.port.postMessage("hello");
    const heard = await new Promise((resolve) => inner.port1.onmessage = ({ data }) => resolve(data));
    const kinds = [() => structuredClone(() => {}), () => structuredClone(new Response()), () => structuredClone(Symbol()),
      () => port1.postMessage({}, [port1]), () => port1.postMessage(new Headers()), () => structuredClone(1, { transfer: [buffer] }),
      () => structuredClone(), () => MessagePort.prototype.postMessage.call({}, 1)].map((how) => {
        try { return String(how()); } catch (error) { return error.name; }
      });
    port1.close();
    inner.port1.close();
    return Response.json([
      error instanceof DOMException, error.name, error.message, key instanceof CryptoKey, key.algorithm.name,
      deep.map.get(1).has(2n), deep.date.getTime(), String(deep.re), deep.all[8],
      buffer.byteLength, moved.view.buffer === moved.buffer, moved.buffer.byteLength, shared[0],
      bytes.length, [...got.bytes], got.shared[0], heard, kinds, structuredClone.length, structuredClone.name,
    ]);
  },
  async polluted(request) {
    const names = ["size", "type", "highWaterMark", "start", "pull", "cancel", "autoAllocateChunkSize", "endings", "mode",
      "status", "get", "set", "construct", "signal", "ignoreBOM", "fatal", "stream", "once", "value", "writable"];
    for (const name of names) Object.prototype[name] = name === "get" || name === "set" ? function () { return 5; } : 5;
    try {
      const form = await request.formData();
      const blob = await new Response(request.headers.get("x-none") ?? "text").blob();
      const texts = await Promise.all([new Response(form.get("f").stream()).text(), blob.text(), new Response(form).text()]);
      return new Response(texts[0].slice(0, 4) + texts[1] + texts[2].includes("filename"));
    } finally {
      for (const name of names) delete Object.prototype[name];
    }
  },
};
export default {
  async fetch(request) {
    try {
      return await runs[new URL(request.url).pathname.slice(1)](request);
    } catch (error) {
      return Response.json({ name: error.name, message: error.message }, { status: 422 });
    }
  },
};
`;

const MEGABYTE = 1_000_000;
const encoder = new TextEncoder();
const HEAD = '--B\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\nContent-Type: a/b\r\n\r\n';

/** A form of one file of ones. */
function formOf(bytes: number): Uint8Array<ArrayBuffer> {
  const form = new Uint8Array(HEAD.length + bytes + 9).fill(1);
  form.set(encoder.encode(HEAD));
  form.set(encoder.encode("\r\n--B--\r\n"), HEAD.length + bytes);
  return form;
}

interface Scene {
  readonly app: string;
  readonly nano: NanoProcess;
  post(path: string, body: Uint8Array<ArrayBuffer> | string, type?: string): Promise<[status: number, body: unknown]>;
  raw(path: string, headers: readonly (readonly [string, string])[], body: string): Promise<RawResponse>;
}

const CASES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "a file of 10 MB passes each time, and 1 MB any number of times": async ({ post }) => {
    const large = formOf(10 * MEGABYTE);
    for (let at = 0; at < 3; at++) {
      assertEquals(await post("form", large), [200, [["f", "f.bin", "a/b", 10 * MEGABYTE]]]);
    }
    const small = formOf(MEGABYTE);
    // The app may hold 128 MB: garbage has to be let go many times.
    for (let at = 0; at < 300; at++) {
      assertEquals(await post("form", small), [200, [["f", "f.bin", "a/b", MEGABYTE]]], String(at));
    }
  },
  "a form of almost max_body_bytes is read, twice in a row, and a copy that does not fit is a RangeError": async (
    { post, nano, app },
  ) => {
    const form = formOf(100 * MEGABYTE);
    const sum = Math.ceil(65_536 / 4096) * Math.floor((100 * MEGABYTE) / 65_536);
    for (let at = 0; at < 2; at++) {
      const [status, answer] = await post("sum", form);
      assertEquals(status, 200, JSON.stringify(answer));
      const [read, used] = answer as [number, boolean];
      // Chunks are cut by the network, so the number of probes is known roughly only.
      assertEquals([read >= sum * 0.9, used], [true, true]);
    }
    assertEquals(await post("hold", form), [200, ["RangeError", true, 100 * MEGABYTE]]);
    assertEquals(nano.events.filter((one) => one.event === "app_exit" && one["app"] === app), []);
  },
  "names are kept whole, whatever stands in them": async ({ post }) => {
    const names = ["report; final.pdf", "a=b.txt", "q%22uote.txt", "br%0D%0Aeak", "žluť 📎.png", ""];
    const body = names.map((name) =>
      `--B\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\nx\r\n`
    );
    const [status, read] = await post("form", `${body.join("")}--B--\r\n`);
    assertEquals([status, (read as unknown[][]).map(([, name]) => name)], [
      200,
      ["report; final.pdf", "a=b.txt", 'q"uote.txt', "br\r\neak", "žluť 📎.png", ""],
    ]);
    const quoted = await post(
      "form",
      "x\r\n--a b\r\ncontent-disposition: FORM-DATA; name=t\r\n\r\nv\r\n--a b--",
      'multipart/form-data; boundary="a b"',
    );
    assertEquals(quoted, [200, [["t", "v"]]]);
  },
  "a form that breaks off, is none or has another type is refused, and its body is used": async ({ post }) => {
    const whole = new TextDecoder().decode(formOf(10));
    for (
      const body of [
        whole.slice(0, 20),
        whole.slice(0, -20),
        whole.slice(0, -5),
        "",
        "no form",
        whole.replace("name=", "nam="),
      ]
    ) {
      const [status, error] = await post("form", body) as [number, { name: string; message: string }];
      assertEquals([status, error.name], [422, "TypeError"], body);
      assertStringIncludes(error.message, "as a form");
    }
    for (const type of ["multipart/form-data", "text/plain", "application/json", "nonsense"]) {
      assertEquals((await post("form", whole, type))[0], 422, type);
    }
    assertEquals(await post("form", "a=1&b=%C5%BE+x&a", "application/x-www-form-urlencoded;charset=UTF-8"), [
      200,
      [["a", "1"], ["b", "ž x"], ["a", ""]],
    ]);
    // A character of which one byte is an escape and the others are raw, and a byte that begins none.
    const raw = new Uint8Array([...new TextEncoder().encode("n=%E4"), 0xbd, 0xa0, 0x26, 0xe4, 0x3d, 0x31]);
    assertEquals(await post("form", raw, "application/x-www-form-urlencoded"), [200, [["n", "\u4f60"], [
      "\ufffd",
      "1",
    ]]]);
    assertEquals(await post("refused", whole), [200, [[null, true], ["TypeError", true]]]);
  },
  "a client that sends less than it says, and thousands of parts": async ({ nano, app, raw, post }) => {
    using connection = await RawConnection.open(nano.url);
    await connection.request("POST", "/form", [
      ...[["Host", app], ["Content-Length", "100000000"]] as const,
      ["Content-Type", "multipart/form-data; boundary=B"],
    ]);
    await connection.send(HEAD);
    connection[Symbol.dispose]();
    const parts = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'.repeat(8000);
    const [status, read] = await post("form", `${parts}--B--`);
    assertEquals([status, (read as unknown[]).length], [200, 8000]);
    const many = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'.repeat(50_001);
    assertEquals((await post("form", `${many}--B--`))[0], 422);
    const chunked = await raw(
      "form",
      [["Transfer-Encoding", "chunked"], ["Content-Type", "multipart/form-data; boundary=B"]],
      `2\r\n--\r\n${
        [...new TextDecoder().decode(formOf(3))].slice(2).map((one) => `1\r\n${one}\r\n`).join("")
      }0\r\n\r\n`,
    );
    assertEquals([chunked.status, JSON.parse(chunked.text)], [200, [["f", "f.bin", "a/b", 3]]]);
  },
  "bodies of Blobs and forms have a type and a length, in Requests and Responses too": async ({ post, raw }) => {
    const large = await raw("large", [], "");
    assertEquals([large.get("content-type"), large.get("content-length"), large.body.byteLength], [
      "a/b",
      "3000000",
      3_000_000,
    ]);
    const echo = await raw("echo", [["Content-Type", "multipart/form-data; boundary=B"], [
      "Content-Length",
      String(formOf(5).length),
    ]], new TextDecoder().decode(formOf(5)));
    const type = echo.get("content-type")!;
    assertEquals(echo.get("content-length"), String(echo.body.byteLength));
    assertEquals(await post("form", echo.text, type), [200, [["f", "f.bin", "a/b", 5]]]);
    assertEquals(await post("passed", ""), [200, [[2_000_000, 2_000_000], "a/b", "e/f"]]);
  },
  "what else can be cloned is cloned, posted and handed over": async ({ post }) => {
    assertEquals(await post("clones", ""), [
      200,
      [
        ...[true, "AbortError", "m", true, "HMAC", true, 0, "/x/g", 255],
        ...[0, true, 3, 7, 0, [1, 2], 7, "hello"],
        [...Array<string>(6).fill("DataCloneError"), "TypeError", "TypeError"],
        ...[1, "structuredClone"],
      ],
    ]);
  },
  "Blobs and Files are cloned and posted, and nothing leads to Deno's own": async ({ post }) => {
    assertEquals(await post("cloned", ""), [
      200,
      [true, "x", true, true, "n", "abc", true, 7, "a/b", "abc", [true, true]],
    ]);
  },
  "what an app puts on Object.prototype is no option of its streams": async ({ raw }) => {
    for (const bytes of [10, 200_000]) {
      const form = formOf(bytes);
      const answer = await raw(
        "polluted",
        [["Content-Type", "multipart/form-data; boundary=B"], ["Content-Length", String(form.length)]],
        new TextDecoder().decode(form),
      );
      assertEquals([answer.status, answer.text], [200, "\x01\x01\x01\x01texttrue"]);
    }
  },
};

Deno.test("Uploads", async (t) => {
  await using project = await TempProject.create({
    native: { files: APP },
    polyfill: { files: APP, config: { streams: "polyfill" } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  for (const app of ["native", "polyfill"]) {
    const scene: Scene = {
      app,
      nano,
      async post(path, body, type = "multipart/form-data; boundary=B") {
        const response = await nano.fetch(app, `/${path}`, { method: "POST", body, headers: { "content-type": type } });
        const text = await response.text();
        return [response.status, JSON.parse(text)];
      },
      async raw(path, headers, body) {
        using connection = await RawConnection.open(nano.url);
        await connection.request("POST", `/${path}`, [["Host", app], ...headers]);
        await connection.send(body);
        return await connection.readResponse();
      },
    };
    for (const [name, run] of Object.entries(CASES)) await t.step(`${app}: ${name}`, () => run(scene));
  }
});
