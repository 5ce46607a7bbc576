import { assertEquals } from "@std/assert";
import { OFFERED } from "../../../runtime/bundle/node_builtins.ts";
import { HARMLESS_BUILTINS } from "../../../runtime/protocol/node_builtins.ts";

Deno.test("The bundler and the isolate offer the same node: modules", () => {
  assertEquals([...OFFERED].sort(), HARMLESS_BUILTINS.split(" ").sort());
});
