/** Secrets of an app in what it says. */
import { assertEquals } from "@std/assert";
import { secretMask } from "../../../runtime/app/secret_mask.ts";

Deno.test("secretMask() hides every value that came from outside, wherever it stands", () => {
  const mask = secretMask({
    env: { KEY: "s3cret-a", OTHER: "s3cret-ab", MODE: "production" },
    secrets: ["KEY", "OTHER"],
  })!;
  assertEquals(mask("a s3cret-a, b=s3cret-ab; production"), "a ***, b=***; production");
});

Deno.test("secretMask() knows a value of several lines as it is, as JSON, and line by line", () => {
  const pem = "-----BEGIN KEY-----\nAAAABBBBCCCC\n-----END KEY-----\n";
  const mask = secretMask({ env: { PEM: pem }, secrets: ["PEM"] })!;
  assertEquals(mask(`<${pem.trim()}>`), "<***>");
  assertEquals(mask(JSON.stringify({ pem: pem.trim() })), '{"pem":"***"}');
  assertEquals(mask("  > AAAABBBBCCCC"), "  > ***");
});

Deno.test("secretMask() leaves short values alone, and an app without secrets costs nothing", () => {
  assertEquals(secretMask({ env: { PORT: "8080", GONE: "" }, secrets: ["PORT", "GONE"] }), null);
  assertEquals(secretMask({ env: { MODE: "production" }, secrets: [] }), null);
});
