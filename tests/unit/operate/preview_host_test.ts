/** Hosts of previews. */
import { assertEquals, assertThrows } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { previewHost } from "../../../runtime/operate/preview_host.ts";

Deno.test("A preview lives beside its app's first host, below a domain that is the app's own", () => {
  const cases: Readonly<Record<string, string>> = {
    "shop.example.com": "example.com",
    "*.example.com": "example.com",
    "a.b.example.com": "b.example.com",
    // What is below "com" belongs to somebody else.
    "example.com": "example.com",
    "shop.localhost": "localhost",
    "shop.test": "test",
    "nas.local": "local",
    "shop": "localhost",
    "192.168.0.7": "localhost",
    "[::1]": "localhost",
  };
  for (const [hostname, suffix] of Object.entries(cases)) {
    const host = previewHost("shop", "v3", { hostnames: [hostname, "other.example"], suffix: null });
    assertEquals(host, `v3--shop.${suffix}`, hostname);
  }
  assertEquals(
    previewHost("shop", "v3", { hostnames: ["x.y"], suffix: "preview.example" }),
    "v3--shop.preview.example",
  );
  assertEquals(previewHost("shop", "v3", { hostnames: [], suffix: null }), "v3--shop.localhost");
});

Deno.test("A name that would make too long a label of a host is refused", () => {
  const host = (length: number) => previewHost("a".repeat(length), "v1", { hostnames: ["x"], suffix: null });
  assertEquals(host(59).split(".")[0]!.length, 63);
  const error = assertThrows(() => host(60), NanoError, "at most 63 characters");
  assertEquals(error.code, "USAGE");
});
