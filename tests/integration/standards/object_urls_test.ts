/** FileReader, blob: URLs and abort signals of an app: values and orders of events, as their standards have them. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = String.raw`
import { AsyncLocalStorage } from "node:async_hooks";

const EVENTS = ["loadstart", "progress", "load", "abort", "error", "loadend"];

function read(blob, method, ...more) {
  const reader = new FileReader();
  const seen = [];
  for (const type of EVENTS) {
    reader["on" + type] = function (event) {
      const genuine = this === reader && event instanceof ProgressEvent && event.target === reader;
      seen.push(genuine ? type + " " + event.loaded + "/" + event.total + " " + reader.readyState : "foreign " + type);
    };
  }
  reader[method](blob, ...more);
  const at = reader.readyState;
  return new Promise((resolve) => reader.addEventListener("loadend", () => resolve([at, reader.result, seen])));
}

async function fails(call) {
  try {
    return await call();
  } catch (error) {
    return error.name;
  }
}

const results = {
  async reads() {
    const hello = new Blob(["h\u00e9llo"], { type: "text/plain" });
    const latin = new Blob([new Uint8Array([0xe9])], { type: "text/plain;charset=latin1" });
    const utf16 = new Blob([new Uint8Array([0xff, 0xfe, 0x41, 0])], { type: "text/plain;charset=utf-8" });
    const [, buffer] = await read(hello, "readAsArrayBuffer");
    return {
      text: await read(hello, "readAsText"),
      empty: await read(new Blob([]), "readAsText"),
      url: (await read(hello, "readAsDataURL"))[1],
      emptyUrl: (await read(new Blob([]), "readAsDataURL"))[1],
      binary: (await read(hello, "readAsBinaryString"))[1],
      buffer: [buffer instanceof ArrayBuffer, ...new Uint8Array(buffer)],
      encodings: [
        (await read(latin, "readAsText"))[1], (await read(latin, "readAsText", "utf-8"))[1],
        (await read(utf16, "readAsText"))[1], (await read(latin, "readAsText", "no such one"))[1],
      ],
      file: (await read(new File(["f"], "name"), "readAsText"))[1],
      large: (await read(new Blob([new Uint8Array(300_000)]), "readAsDataURL"))[1].length,
    };
  },
  async misuse() {
    const reader = new FileReader();
    const seen = [];
    for (const type of EVENTS) reader.addEventListener(type, () => seen.push(type));
    reader.abort();
    reader.readAsText(new Blob(["x"]));
    const busy = await fails(() => reader.readAsText(new Blob(["y"])));
    reader.abort();
    const aborted = [reader.readyState, reader.result];
    reader.readAsText(new Blob(["again"]));
    await new Promise((resolve) => reader.onload = resolve);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return [
      busy, aborted, seen, reader.result, await fails(() => reader.readAsText("x")), await fails(() => reader.readAsText()),
      [FileReader.EMPTY, reader.LOADING, FileReader.DONE], String(reader), FileReader.length, reader.onload !== null,
    ];
  },
  async chained() {
    const reader = new FileReader();
    const seen = [];
    await new Promise((resolve) => {
      reader.onloadend = () => seen.push("loadend of " + reader.result);
      reader.onload = () => {
        seen.push(reader.result);
        if (reader.result === "one") reader.readAsText(new Blob(["two"]));
        else setTimeout(resolve, 0);
      };
      reader.readAsText(new Blob(["one"]));
    });
    return seen;
  },
  async urls() {
    const blob = new Blob(["0123456789"], { type: "a/b" });
    const url = URL.createObjectURL(blob);
    const tell = async (response) => [
      response.status, response.statusText, response.type, response.url === url,
      Object.fromEntries(response.headers), await response.text(),
    ];
    const whole = await tell(await fetch(url + "#fragment"));
    const part = await tell(await fetch(url, { headers: { range: "bytes=2-4" } }));
    const early = new Request(url);
    const other = URL.createObjectURL(blob);
    const refused = [
      await fails(() => fetch(url, { method: "POST", body: "x" })),
      await fails(() => fetch(url, { headers: { range: "bytes=10-" } })),
      await fails(() => fetch("blob:null/" + crypto.randomUUID())),
      await fails(() => fetch(url + "?x")),
      await fails(() => import(url)),
      await fails(() => fetch(url, { signal: AbortSignal.abort() })),
      await fails(() => URL.createObjectURL({})),
    ];
    URL.revokeObjectURL(url);
    URL.revokeObjectURL("no URL");
    return {
      whole, part, refused, form: /^blob:null\/[0-9a-f-]{36}$/.test(url), differ: url !== other,
      revoked: await fails(() => fetch(url)),
      early: await (await fetch(early)).text(), again: await (await fetch(new Request(early))).text(),
      other: await (await fetch(other)).text(),
    };
  },
  async many() {
    const made = [];
    const refused = await fails(() => {
      for (;;) made.push(URL.createObjectURL(new Blob(["x"])));
    });
    for (const url of made) URL.revokeObjectURL(url);
    return [refused, made.length > 1000, URL.createObjectURL(new Blob(["x"])).startsWith("blob:")];
  },
  async made(request) {
    return URL.createObjectURL(new Blob(["secret"]));
  },
  async fetchGiven(request) {
    return await fails(async () => await (await fetch(new URL(request.url).searchParams.get("url"))).text());
  },
  async signals() {
    const storage = new AsyncLocalStorage();
    const inContext = (signalOf) => storage.run("mine", () => new Promise((resolve) => {
      const signal = signalOf();
      signal.addEventListener("abort", () => resolve([storage.getStore(), signal.reason.name, signal.reason.code]));
    }));
    return [
      await inContext(() => AbortSignal.timeout(1)),
      await inContext(() => AbortSignal.timeout(0)),
      await inContext(() => AbortSignal.any([AbortSignal.timeout(1), AbortSignal.timeout(2 ** 40)])),
      await Promise.all([-1, NaN, "x", 2 ** 53].map((delay) => fails(() => AbortSignal.timeout(delay).aborted))),
      await fails(() => AbortSignal.timeout()), AbortSignal.timeout.length, AbortSignal.timeout.name,
    ];
  },
};

export default {
  async fetch(request) {
    return Response.json(await results[new URL(request.url).pathname.slice(1)](request));
  },
};
`;

Deno.test("FileReader, blob: URLs and signals that time out behave in an app as the standards have them", async () => {
  await using project = await TempProject.create({
    app: { files: { "index.js": APP } },
    other: { files: { "index.js": APP } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const ask = async (path: string, app = "app") => await (await nano.fetch(app, `/${path}`)).json();

  assertEquals(await ask("reads"), {
    text: [1, "héllo", ["loadstart 0/6 1", "progress 6/6 1", "load 6/6 2", "loadend 6/6 2"]],
    empty: [1, "", ["loadstart 0/0 1", "load 0/0 2", "loadend 0/0 2"]],
    url: "data:text/plain;base64,aMOpbGxv",
    emptyUrl: "data:application/octet-stream;base64,",
    binary: "h\u00c3\u00a9llo",
    buffer: [true, 0x68, 0xc3, 0xa9, 0x6c, 0x6c, 0x6f],
    encodings: ["é", "\ufffd", "A", "é"],
    file: "f",
    large: "data:application/octet-stream;base64,".length + 400_000,
  });
  assertEquals(await ask("misuse"), [
    "InvalidStateError",
    [2, null],
    ["abort", "loadend", "loadstart", "progress", "load", "loadend"],
    "again",
    "TypeError",
    "TypeError",
    [0, 1, 2],
    "[object FileReader]",
    0,
    true,
  ]);
  assertEquals(await ask("chained"), ["one", "two", "loadend of two"]);

  const head = { "content-type": "a/b" };
  assertEquals(await ask("urls"), {
    whole: [200, "OK", "basic", true, { ...head, "content-length": "10" }, "0123456789"],
    part: [206, "Partial Content", "basic", true, {
      ...head,
      "content-length": "3",
      "content-range": "bytes 2-4/10",
    }, "234"],
    refused: ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "AbortError", "TypeError"],
    form: true,
    differ: true,
    revoked: "TypeError",
    early: "0123456789",
    again: "0123456789",
    other: "0123456789",
  });
  assertEquals(await ask("many"), ["RangeError", true, true]);
  const url = await ask("made");
  const query = `fetchGiven?url=${encodeURIComponent(url)}`;
  assertEquals([await ask(query), await ask(query, "other")], ["secret", "TypeError"]);

  assertEquals(await ask("signals"), [
    ["mine", "TimeoutError", 23],
    ["mine", "TimeoutError", 23],
    ["mine", "TimeoutError", 23],
    ["TypeError", "TypeError", "TypeError", "TypeError"],
    "TypeError",
    1,
    "timeout",
  ]);
});
