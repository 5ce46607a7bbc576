/** MIME types of headers against those that Deno reads. */
import { assertEquals } from "@std/assert";
import { normalType } from "../../../runtime/isolate/bodies/blob_parts.ts";
import { extractMimeType, parameterOf, serializeMimeType } from "../../../runtime/isolate/bodies/mime_type.ts";

const HEADERS = [
  ...["text/plain", "Text/HTML; charset=UTF-8", "a/b;c", "a/b;c=", "a/b; c = d", 'a/b;c="d e"', 'a/b;c="d\\"e"'],
  ...['a/b;c="unclosed', "a/b;c=d;c=e", "a/b;C=D", " a/b ", "a/b;;;c=d", "a", "/", "a/", "/b", "a b/c", ""],
  ...["text/html;charset=x, text/html", "text/html;charset=x, text/plain", "text/html, */*", "a/b, nonsense"],
  ...['a/b;c=",", d/e', "multipart/form-data; boundary=x", 'multipart/form-data; boundary="a b"; x=y', "a/b; c=é"],
];

Deno.test("A Content-Type is read and written as Deno does", async () => {
  for (const header of HEADERS) {
    const native = (await new Response("", { headers: { "content-type": header } }).blob()).type;
    const own = extractMimeType(header);
    assertEquals(normalType(own === null ? "" : serializeMimeType(own)), native, header);
  }
  assertEquals(extractMimeType(null), null);
});

Deno.test("A boundary keeps its letters, quoted or not", () => {
  for (const header of ["multipart/form-data; boundary=aB1", 'Multipart/Form-Data ; Boundary="aB1"']) {
    const type = extractMimeType(header)!;
    assertEquals([type.essence, parameterOf(type, "boundary")], ["multipart/form-data", "aB1"]);
  }
});
