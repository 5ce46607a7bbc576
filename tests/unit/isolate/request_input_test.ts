/** Requests whose URL was parsed ahead are as Deno makes them. */
import { assert, assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import { makeRequest } from "../../../runtime/isolate/bodies/body_sources.ts";
import { requestInput } from "../../../runtime/isolate/bodies/request_input.ts";

const URLS = [
  ...["http://x/", "https://x.example:8443/a/../b?c=d#e", "  http://x/\n", "HTTP://X", "http://x/\u00e9?\u00e9"],
];
const INITS: (() => RequestInit | undefined)[] = [
  () => undefined,
  () => ({}),
  () => ({ method: "post", body: "text", headers: { "x-a": "b" } }),
  () => ({ method: "PUT", body: new Uint8Array([1, 2]), redirect: "manual" }),
  () => ({ method: "POST", body: new URLSearchParams("a=b") }),
];

Deno.test("A Request of a whole URL is as Deno makes it, whatever its init", async () => {
  for (const url of [...URLS, ...URLS.map((one) => new URL(one))]) {
    assertNotStrictEquals(requestInput(url), url);
    for (const init of INITS) {
      const [made, native] = [makeRequest([url, init()]), new Request(url, init())];
      const shown = ({ url, method, redirect, headers, bodyUsed, body }: Request) => [
        ...[url, method, redirect, bodyUsed, body === null],
        ...headers,
      ];
      assertEquals(shown(made), shown(native));
      assertEquals(await made.text(), await native.text());
    }
  }
});

Deno.test("Its signal aborts with that of its init only, and it is cloned and made again as any", async () => {
  const controller = new AbortController();
  const request = makeRequest(["http://x/", { method: "POST", body: "text", signal: controller.signal }]);
  assertEquals(makeRequest(["http://x/"]).signal.aborted, false);
  const [clone, again] = [request.clone(), new Request(request.clone(), { headers: { a: "b" } })];
  assertEquals([await clone.text(), await again.text(), again.headers.get("a")], ["text", "text", "b"]);
  let heard = 0;
  request.signal.addEventListener("abort", () => heard++);
  controller.abort(new Error("why"));
  assertEquals([request.signal.aborted, request.signal.reason.message, heard], [true, "why", 1]);
  request.headers.set("x", "y");
  assertEquals(request.headers.get("x"), "y");
});

Deno.test("What is no whole URL of the web is left to the constructor", () => {
  const odd = Object.assign(new URL("http://x/"), { toString: () => "http://y/" });
  const request = new Request("http://x/");
  const inputs = [
    "/a",
    "x",
    "",
    "data:,a",
    "blob:x",
    "file:///a",
    "http://u:p@x/",
    "http://",
    odd,
    request,
    5,
    null,
    {},
  ];
  for (const input of inputs) assertEquals(requestInput(input), input);
  assertEquals(makeRequest([odd]).url, "http://y/");
  assertEquals(makeRequest([request]).url, "http://x/");
  assertThrows(() => makeRequest([]), TypeError);
  assertThrows(() => makeRequest(["/a"]), TypeError);
  assert(makeRequest(["http://x/"]) instanceof Request);
});
