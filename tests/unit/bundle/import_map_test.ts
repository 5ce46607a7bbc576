/** The import map by itself: what Deno's `npm:` adds to the standard, and what the standard forbids. */
import { assertEquals, assertThrows } from "@std/assert";
import { ImportMap } from "../../../runtime/bundle/import_map.ts";

const MAIN = "file:///app/main.ts";
const VENDOR = "file:///app/vendor/x.ts";

const MAP = new ImportMap({
  imports: {
    "app/": "./src/",
    "app/old/": "./older/",
    "10/": "./ten/",
    "__proto__": "./proto.ts",
    "zod": "npm:zod@4",
    "y/": "npm:yup@1/",
    "flat/": "./flat",
  },
  scopes: { "./vendor/": { "zod": null, "app/": "./vendored/" } },
  tasks: {},
}, "file:///app/deno.json");

Deno.test("ImportMap.resolve() takes the longest key that fits, of the scope before the rest", () => {
  const table: readonly [specifier: string, importer: string, address: string | undefined][] = [
    ["app/x.ts", MAIN, "file:///app/src/x.ts"],
    ["app/a/../x.ts", MAIN, "file:///app/src/x.ts"],
    ["app/old/x.ts", MAIN, "file:///app/older/x.ts"],
    ["app/x.ts", VENDOR, "file:///app/vendored/x.ts"],
    ["app", MAIN, undefined],
    ["./other.ts", MAIN, undefined],
    ["10/x", MAIN, "file:///app/ten/x"],
    ["__proto__", MAIN, undefined],
    ["zod", MAIN, "npm:zod@4"],
    ["zod/v4", MAIN, "npm:zod@4/v4"],
    ["y/sub", MAIN, "npm:yup@1/sub"],
  ];
  for (const [specifier, importer, address] of table) {
    assertEquals([specifier, importer, MAP.resolve(specifier, importer)], [specifier, importer, address]);
  }
});

Deno.test("ImportMap.resolve() refuses what is blocked, has no end, or leads out of its prefix", () => {
  const table: readonly [specifier: string, importer: string, message: string][] = [
    ["zod", VENDOR, "has no address"],
    ["flat/x", MAIN, 'has to end with "/"'],
    ["app/../secret.ts", MAIN, 'leads out of "app/"'],
    ["app/%2e%2e/secret.ts", MAIN, 'leads out of "app/"'],
    ["app//secret.ts", MAIN, 'leads out of "app/"'],
    ["app/https://a.test/x.ts", MAIN, 'leads out of "app/"'],
  ];
  for (const [specifier, importer, message] of table) {
    assertThrows(() => MAP.resolve(specifier, importer), TypeError, message);
  }
});
