/** Fuzzes the bytes a client gets for a Response behind NANO against the same Response behind plain Deno.serve. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { AnswerSpec } from "../../fixtures/apps/answer_by_spec/index.ts";
import type { RawResponse } from "../../support/raw_http.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { BothServers } from "./both_servers.ts";

const CASES = 600;
const STATUSES = [200, 200, 201, 202, 203, 206, 226, 300, 301, 302, 400, 401, 404, 410, 418, 422, 429, 451, 500, 503];
const BODIES = [
  "text",
  "bytes",
  "buffer",
  "part",
  "dataview",
  "blob",
  "params",
  "empty-text",
  "none",
  "through-request",
];
const STREAMS = ["stream-at-once", "stream-slow", "stream-small", "byte-stream", "iterable", "transform", "compressed"];
const THENS = ["plain", "plain", "plain", "json", "redirect", "subclass", "clone", "rewrapped", "changed", "looked-at"];
const HEADERS: readonly (readonly [string, string])[] = [
  ["Set-Cookie", "a=1; Path=/"],
  ["set-cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
  ["SET-COOKIE", "c=3"],
  ["X-Mixed-Case", "Value With Case"],
  ["x-a", "1"],
  ["X-A", "2"],
  ["x-empty", ""],
  ["x-latin", "caf\u00e9 \u00ff"],
  ["x-padded", "  in  between  "],
  ["Content-Type", "text/html; charset=utf-8"],
  ["content-type", "application/x-own"],
  ["Cache-Control", "no-store"],
  ["cache-control", "max-age=5"],
  ["ETag", '"x"'],
  ["Vary", "Accept"],
  ["Location", "/elsewhere"],
  ["Link", "</a>; rel=preload, </b>; rel=preload"],
  ["Connection", "close"],
  ["x-long", "v".repeat(3000)],
];
const SIZES = [0, 1, 5, 63, 64, 65, 1000, 4095, 4096, 70_000, 300_000];
const METHODS = ["GET", "GET", "GET", "POST", "HEAD", "PUT"];

function randomSpec(random: SeededRandom): AnswerSpec {
  const nullBody = random.oneIn(8);
  return {
    ...random.oneIn(3) ? {} : { status: nullBody ? random.pick([204, 205, 304]) : statusOf(random) },
    ...random.oneIn(8) ? { statusText: random.pick(["", "Fine", "a b"]) } : {},
    headers: random.some(6, () => random.pick(HEADERS)),
    headersAs: random.pick(["object", "array", "Headers", "none", "map"]),
    body: nullBody ? "none" : random.pick(random.oneIn(2) ? BODIES : STREAMS),
    size: random.pick(SIZES),
    then: random.pick(THENS),
    async: random.oneIn(3),
  };
}

function statusOf(random: SeededRandom): number {
  for (;;) {
    const status = random.oneIn(2) ? random.pick(STATUSES) : 200 + random.below(400);
    if (status !== 204 && status !== 205 && status !== 304) return status;
  }
}

function requestFor(spec: AnswerSpec, method: string, encoding: string): string {
  // A 205 says neither a length nor that it is chunked: only the close of the connection ends it for a reader
  const close = spec.status === 205 ? "Connection: close\r\n" : "";
  const accept = `${close}${encoding === "" ? "" : `Accept-Encoding: ${encoding}\r\n`}`;
  const body = method === "POST" || method === "PUT" ? "sent body" : "";
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} / HTTP/1.1\r\nHost: app.test\r\n${accept}x-spec: ${JSON.stringify(spec)}\r\n${length}\r\n${body}`;
}

interface Seeing {
  readonly ignoreFraming: boolean;
  readonly ignoreType: boolean;
  /** Whether it is NANO's, not plain Deno's. */
  readonly isOurs: boolean;
}

/** What the client sees of a response, without what differs by design. */
function seen(response: RawResponse, spec: AnswerSpec, { ignoreFraming, ignoreType, isOurs }: Seeing): unknown {
  const differs = (name: string) =>
    (ignoreFraming && (name === "content-length" || name === "transfer-encoding")) ||
    (ignoreType && name.toLowerCase() === "content-type");
  const boundary = spec.body === "form" ? response.get("content-type")?.split("boundary=")[1] ?? null : null;
  // The line break after the last boundary is the standard's, and Deno leaves it out
  const neutral = (text: string) =>
    boundary === null ? text : text.replaceAll(boundary, "BOUNDARY").replace(/--\r\n$/, "--");
  const bytesOf = (name: string, value: string) =>
    boundary !== null && isOurs && name.toLowerCase() === "content-length" ? String(Number(value) - 2) : value;
  return {
    start: [response.version, response.status, response.reason],
    headers: response.headers
      .filter(([name]) => name !== "x-request-id" && name !== "date" && !differs(name))
      // Deno.serve itself writes this one name in either casing, depending on which of its short paths a Response takes
      .map(([name, value]) => [name === "Content-Type" ? "content-type" : name, neutral(bytesOf(name, value))]),
    body: boundary === null ? response.body.toHex() : neutral(new TextDecoder("latin1").decode(response.body)),
    end: ignoreFraming ? "either" : response.end,
    truncated: response.truncated,
  };
}

/** NANO may know the length of a stream that ended at once, and then tells it: more than plain Deno.serve can. */
function lengthOfStream({ nano, plain }: { nano: RawResponse; plain: RawResponse }): boolean {
  const chunked = plain.get("transfer-encoding") === "chunked" || plain.get("content-length") === null;
  return chunked && nano.get("content-length") !== null && nano.get("transfer-encoding") === null;
}

function compare(both: { nano: RawResponse; plain: RawResponse }, spec: AnswerSpec, shown: string): void {
  const { nano, plain } = both;
  if (plain.get("x-handler-threw") !== null) {
    assertEquals([nano.status, nano.get("nano-error")], [500, "APP_EXCEPTION"], shown);
    return;
  }
  const ignoreFraming = lengthOfStream(both);
  // Deno's own clone() of a text without headers loses its content type; NANO's Response keeps it
  const lostType = spec.then === "clone" && plain.get("content-type") === null;
  if (ignoreFraming && nano.end === "length") {
    const lastBreak = spec.body === "form" ? 2 : 0;
    assertEquals(Number(nano.get("content-length")), plain.body.byteLength + lastBreak, shown);
  }
  const seeing = { ignoreFraming, ignoreType: lostType };
  assertEquals(seen(nano, spec, { ...seeing, isOurs: true }), seen(plain, spec, { ...seeing, isOurs: false }), shown);
  assertNotEquals(nano.get("x-request-id"), null, shown);
  assertNotEquals(nano.get("date"), null, shown);
}

Deno.test("A client behind NANO gets every Response exactly as from plain Deno.serve", async (t) => {
  const random = SeededRandom.fromEnv("response fidelity");
  await using servers = await BothServers.start("answer_by_spec");
  const plainSpec: AnswerSpec = { headersAs: "none", body: "text", size: 20, then: "plain", async: false };

  await t.step("every status from 200 to 599 that may have a body", async () => {
    for (let status = 200; status < 600; status++) {
      const body = status === 204 || status === 205 || status === 304 ? "none" : "text";
      const spec = { ...plainSpec, status, body };
      compare(await servers.send(requestFor(spec, "GET", ""), "GET"), spec, `status ${status}`);
    }
  });

  await t.step("every kind of body under every method and in every way to make the Response", async () => {
    for (const body of [...BODIES, ...STREAMS, "form"]) {
      for (const then of new Set(THENS)) {
        for (const method of ["GET", "HEAD", "POST"]) {
          const bare: AnswerSpec = { ...plainSpec, body, then, size: 50 };
          compare(await servers.send(requestFor(bare, method, ""), method), bare, `${method} ${body} ${then} bare`);
          const spec: AnswerSpec = {
            ...plainSpec,
            body,
            then,
            size: 5000,
            headers: HEADERS.slice(0, 6),
            headersAs: "array",
          };
          compare(await servers.send(requestFor(spec, method, ""), method), spec, `${method} ${body} ${then}`);
        }
      }
    }
  });

  await t.step("random ones", async () => {
    for (let index = 0; index < CASES; index++) {
      const spec = randomSpec(random);
      const method = random.pick(METHODS);
      const encoding = random.pick(["", "", "gzip", "br, gzip", "identity"]);
      const shown = `case ${index} of FUZZ_SEED=${random.seed}: ${method} ${encoding} ${
        JSON.stringify(spec).slice(0, 600)
      }`;
      compare(await servers.send(requestFor(spec, method, encoding), method), spec, shown);
    }
    console.log(`response fidelity: ${CASES} random responses without a difference`);
  });

  await t.step("a stream that fails is cut after its head, never a body that looks whole", async () => {
    for (const body of ["stream-fails", "stream-of-text"]) {
      for (const headers of [[], [["content-length", "999999"]]] as const) {
        const spec: AnswerSpec = { ...plainSpec, body, headers, headersAs: "array" };
        const { nano, plain } = await servers.send(requestFor(spec, "GET", ""), "GET");
        assertEquals([nano.status, nano.truncated], [plain.status, plain.truncated], body);
        assert(nano.truncated, body);
      }
    }
  });

  await t.step("Response.error() and what throws is a 500 from both, and NANO names it", async () => {
    const cases = [
      [{ ...plainSpec, then: "error" }, "APP_BAD_RESPONSE"],
      [{ ...plainSpec, status: 700 }, "APP_EXCEPTION"],
      [{ ...plainSpec, status: 204 }, "APP_EXCEPTION"],
    ] as const;
    for (const [spec, code] of cases) {
      const { nano, plain } = await servers.send(requestFor(spec, "GET", ""), "GET");
      assertEquals([nano.status, plain.status], [500, 500]);
      assertEquals(nano.get("nano-error"), code);
    }
  });
});
