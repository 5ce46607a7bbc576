/** Tests what becomes of a request's body that nobody wants any more. */
import { assertEquals } from "@std/assert";
import { Upload } from "../../../runtime/wall/upload.ts";

for (const declaredBytes of [null, 1000]) {
  const what = declaredBytes === null ? "of unknown length" : "of a length";
  Deno.test(`A client's body ${what} is left to Deno, one of another app is cancelled`, async () => {
    const seen: unknown[] = [];
    for (const isClients of [true, false]) {
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(10)),
        cancel: (reason) => void seen.push(reason),
      }, { highWaterMark: 0 });
      const upload = new Upload(body, { maxBytes: 1e9, declaredBytes, isClients });
      assertEquals((await upload.read()).value?.byteLength, 10);
      await upload.cancel(isClients ? "of a client" : "of another app");
    }
    assertEquals(seen, ["of another app"]);
  });
}
