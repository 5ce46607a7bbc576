/** What an app has thrown, as texts. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeError } from "../../../runtime/isolate/traffic/describe_error.ts";

Deno.test("Machine code that an isolate refused is the reason, whatever a loader makes of it; the stack has both", () => {
  const refused = Object.assign(new Error("Cannot load native addon"), { code: "ERR_DLOPEN_FAILED" });
  const blaming = new Error("npm has a bug", { cause: new Error("Cannot find module", { cause: refused }) });
  const { message, stack } = describeError(blaming);
  assertEquals(message, "Cannot load native addon");
  for (const text of ["npm has a bug", "Cannot find module", "Cannot load native addon"]) {
    assertStringIncludes(stack, text);
  }
});

Deno.test("Without it the reason is the error's own, and a chain of causes without an end is cut", () => {
  const circle = new Error("outermost");
  circle.cause = circle;
  assertEquals(describeError(circle).message, "outermost");
  assertEquals(describeError(circle).stack.split("Caused by: ").length, 6);
});
