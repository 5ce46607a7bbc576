/** Tests how the lines of `ss` are read. */
import { assertEquals, assertRejects } from "@std/assert";
import { peerKey, receivedBytes } from "../../../runtime/machine/received_bytes.ts";

const SHOWN =
  `0      0      127.0.0.1:8000    127.0.0.1:48414 cubic rto:204 bytes_sent:129 bytes_received:309682349 segs_out:5
0      0      127.0.0.1:48414   127.0.0.1:8000  cubic bytes_received:129 segs_out:5
0      26     [::ffff:10.0.0.1]:8000 [::ffff:10.0.0.2]:555 cubic bytes_received:7
0      0      [::1]:8000 [::1]:556 cubic bytes_acked:8 bytes_received:9
0      0      [fe80::1%eth0]:8000 [fe80::2%eth0]:557 cubic bytes_received:10
0      0      10.0.0.1:9000 10.0.0.2:555 cubic bytes_received:3
0      0      10.0.0.1:8000 10.0.0.3:558 cubic bytes_acked:8
`;

Deno.test("receivedBytes() reads the peers of all families, and of two connections with one peer the smaller count", async () => {
  const read = await receivedBytes(() => Promise.resolve({ code: 0, stdout: SHOWN, stderr: "" }));
  assertEquals([...read!], [
    ["127.0.0.1:48414", 309682349],
    ["127.0.0.1:8000", 129],
    ["10.0.0.2:555", 3],
    ["::1:556", 9],
    ["fe80::2:557", 10],
  ]);
  assertEquals(peerKey({ hostname: "::ffff:10.0.0.2", port: 555 }), "10.0.0.2:555");
  assertEquals(peerKey({ hostname: "::1", port: 556 }), "::1:556");
});

Deno.test("receivedBytes() is null where there is no such program or it fails, and every other failure is told", async () => {
  assertEquals(await receivedBytes(() => Promise.reject(new Deno.errors.NotFound("no ss"))), null);
  assertEquals(await receivedBytes(() => Promise.resolve({ code: 1, stdout: "", stderr: "no" })), null);
  await assertRejects(() => receivedBytes(() => Promise.reject(new TypeError("other"))), TypeError);
});
