/** The parser of multipart/form-data by itself, in chunks of any size. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { blobInternals, fileInternals } from "../../../runtime/isolate/bodies/blob.ts";
import { AppFormData, type FormEntry, formInternals } from "../../../runtime/isolate/bodies/form_data.ts";
import { encodeForm } from "../../../runtime/isolate/bodies/form_encoding.ts";
import { AppFile } from "../../../runtime/isolate/bodies/blob.ts";
import { MAX_FORM_PARTS, MultipartParser } from "../../../runtime/isolate/bodies/multipart_parser.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const encoder = new TextEncoder();

function parse(body: string | Uint8Array, boundary = "B", chunkBytes = Infinity): FormEntry[] {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const parser = new MultipartParser(boundary);
  for (let at = 0; at < bytes.length; at += chunkBytes) parser.push(bytes.slice(at, at + chunkBytes));
  return parser.finish();
}

/** What an entry shows: texts as they are, files by name, type and bytes. */
function shown(entries: readonly FormEntry[]): unknown[] {
  return entries.map(({ name, value }) => {
    if (!fileInternals.isFile(value)) return [name, value];
    const bytes = blobInternals.partsOf(value).flatMap((part) => [...part]);
    return [name, fileInternals.nameOf(value), blobInternals.typeOf(value), String.fromCharCode(...bytes)];
  });
}

const part = (disposition: string, content: string, more = "") =>
  `--B\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${content}\r\n`;
const field = (parameters: string) => part(`form-data; ${parameters}`, "v") + "--B--\r\n";

Deno.test("Names and filenames are read as clients write them", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['name="a"', ["a", "v"]],
    ['name="f"; filename="report; final.pdf"', ["f", "report; final.pdf", "text/plain", "v"]],
    ['name="f"; filename="a=b.txt"', ["f", "a=b.txt", "text/plain", "v"]],
    ['name="f"; filename="a; name=evil"', ["f", "a; name=evil", "text/plain", "v"]],
    ['name="a%22b%0D%0Ac%0d%0a%25%41"', ['a"b\r\nc\r\n%25%41', "v"]],
    ['name="f"; filename="a\\"b.txt"', ["f", 'a"b.txt', "text/plain", "v"]],
    ['name="f"; filename="C:\\dir\\"', ["f", "C:\\dir\\", "text/plain", "v"]],
    ['name="grö ße 📎"', ["grö ße 📎", "v"]],
    ['name="f"; filename="žluť.txt"', ["f", "žluť.txt", "text/plain", "v"]],
    ['name="f"; filename=""', ["f", "", "text/plain", "v"]],
    ['name=""', ["", "v"]],
    ["name=token", ["token", "v"]],
    ["name=f; filename=a.txt", ["f", "a.txt", "text/plain", "v"]],
    ['filename="first"; name="n"', ["n", "first", "text/plain", "v"]],
    ['NAME="a" ;  FileName = "b"', ["a", "b", "text/plain", "v"]],
    ["name=\"a\"; filename*=UTF-8''ignored", ["a", "v"]],
    ['name="a"; size=5;', ["a", "v"]],
    ['name="one"; name="two"', ["one", "v"]],
  ];
  for (const [parameters, expected] of cases) assertEquals(shown(parse(field(parameters))), [expected], parameters);
});

Deno.test("Heads, types, contents and what stands around a form", () => {
  const cases: readonly (readonly [string, unknown[]])[] = [
    ["--B--", []],
    ["--B--\r\n", []],
    [`preamble\r\nmore\r\n${field('name="a"')}`, [["a", "v"]]],
    [`\r\n${field('name="a"')}`, [["a", "v"]]],
    [`${field('name="a"')}epilogue\r\n--B\r\nnothing`, [["a", "v"]]],
    ['--B \t\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--B-- \r\n', [["a", ""]]],
    [
      part('form-data; name="f"; filename="f"', "\r\n--\r\n--A\r\n", "Content-Type: A/B; c=D\r\n") + "--B--",
      [["f", "f", "a/b; c=d", "\r\n--\r\n--A\r\n"]],
    ],
    [part('form-data; name="f"; filename="f"', "x", "content-TYPE:\r\n") + "--B--", [["f", "f", "", "x"]]],
    [part('form-data; name="f"; filename="f"', "x", "Content-Type: ž/b\r\n") + "--B--", [["f", "f", "", "x"]]],
    [part('form-data; name="t"', "ž\r\n\ufeffx", "X-Other: 1\r\nContent-Type: text/plain\r\n") + "--B--", [[
      "t",
      "ž\r\n\ufeffx",
    ]]],
    [part('form-data; name="t"', "\ufeffbom") + "--B--", [["t", "\ufeffbom"]]],
    [part('form-data; name="t"', "--B") + "--B--", [["t", "--B"]]],
    [part('FORM-DATA; name="t"', "\r\r\n\r\n--\r\n-B\r\n--") + "--B--", [["t", "\r\r\n\r\n--\r\n-B\r\n--"]]],
  ];
  for (const [body, expected] of cases) {
    for (const chunkBytes of [1, 2, 3, 7, Infinity]) {
      assertEquals(shown(parse(body, "B", chunkBytes)), expected, JSON.stringify([body, chunkBytes]));
    }
  }
  assertEquals(
    shown(
      parse(
        "--a b:'()+_,-./=?\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--a b:'()+_,-./=?--",
        "a b:'()+_,-./=?",
      ),
    ),
    [["a", "v"]],
  );
});

Deno.test("A form that breaks off anywhere, or is none, is refused", () => {
  const whole = part('form-data; name="f"; filename="f"', "content") + part('form-data; name="t"', "text") +
    "--B--\r\n";
  for (let length = 0; length < whole.length - 2; length++) {
    assertThrows(() => parse(whole.slice(0, length)), TypeError, "Cannot read the body as a form", String(length));
  }
  assertEquals(parse(whole.slice(0, -2)).length, 2);
  const broken = [
    "no form at all",
    "--C\r\n" + field('name="a"').replaceAll("--B", "--C"),
    "garbage--B--\r\n",
    field('name="a"').replaceAll("\r\n", "\n"),
    field('filename="no name"'),
    field('name="a'),
    field('name="a"b"'),
    field('name="a"; nonsense'),
    field('name="a"; =x'),
    part('attachment; name="a"', "x") + "--B--",
    part("form-data", "x") + "--B--",
    "--B\r\n\r\nno head\r\n--B--",
    "--B\r\nContent-Type: a/b\r\n\r\nno disposition\r\n--B--",
    "--B\r\nno colon\r\n\r\nx\r\n--B--",
    part('form-data; name="a"', "x", " folded: 1\r\n") + "--B--",
    part('form-data; name="a"', "x") + "--Bx\r\n",
    part('form-data; name="a"', "x") + "--B-x\r\n",
    part('form-data; name="a"', "x") + "--B--x\r\n",
    part('form-data; name="a"', "x") + "--B\n--B--",
  ];
  for (const body of broken) {
    for (const chunkBytes of [1, Infinity]) {
      assertThrows(() => parse(body, "B", chunkBytes), TypeError, "as a form", body);
    }
  }
});

Deno.test("Heads and the number of parts are bounded", () => {
  assertThrows(() => parse(part('form-data; name="a"', "x", `X: ${"x".repeat(17_000)}\r\n`)), TypeError, "head");
  assertThrows(() => parse(`--B${" ".repeat(17_000)}`), TypeError, "boundary");
  const many = part('form-data; name="a"', "x");
  assertEquals(parse(many.repeat(5000) + "--B--").length, 5000);
  assertThrows(() => parse(many.repeat(MAX_FORM_PARTS + 1) + "--B--"), TypeError, "parts");
});

Deno.test("What a form is written as, it is read as, in any chunks, with contents that look like boundaries", () => {
  const random = SeededRandom.fromEnv("multipart");
  const texts = ["", "a", "\r\n", "\r\n--", "--", "x\r", "\r\n--B", "ž", '"', "%22", ";", "=", "\\"];
  const some = () => random.some(5, () => random.pick(texts)).join("");
  for (let at = 0; at < 500; at++) {
    const form = new AppFormData();
    const expected: unknown[] = [];
    for (let count = random.below(4); count > 0; count--) {
      // A backslash before a quote would be an escape.
      const name = some().replaceAll("\\", "");
      const sent = (text: string) => text.replace(/\r(?!\n)|(?<!\r)\n/g, "\r\n");
      // Browsers do not escape a percent sign, so that "%22" in a name is a quote to whoever reads it.
      const read = (text: string) => text.replaceAll("%22", '"');
      if (random.oneIn(2)) {
        const value = some();
        form.append(name, value);
        expected.push([read(sent(name)), sent(value)]);
      } else {
        const bytes = random.bytes(random.below(40));
        const content = [bytes, some().replaceAll("ž", "")];
        const file = new AppFile(content, "f", { type: "a/b" });
        form.append(name, file);
        expected.push([read(sent(name)), "f", "a/b", String.fromCharCode(...bytes) + content[1]]);
      }
    }
    const { parts, boundary } = encodeForm(form);
    const whole = Uint8Array.from(parts.flatMap((one) => [...one]));
    assertEquals(shown(parse(whole, boundary, 1 + random.below(50))), expected);
    assert(formInternals.isForm(form));
  }
});
