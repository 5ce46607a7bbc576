/** Tests that looking at threads holds against threads that end meanwhile. */
import { assert, assertEquals } from "@std/assert";
import { livingThreads } from "../../../runtime/machine/thread_watch.ts";

Deno.test("livingThreads() leaves out a thread that ends between the listing and the look, however the system says so", () => {
  const all = livingThreads();
  assert(all.size > 0);
  for (const error of [new Deno.errors.NotFound("gone"), new Error("No such process (os error 3)")]) {
    let first = true;
    const seen = livingThreads((path) => {
      if (first) {
        first = false;
        throw error;
      }
      return `${path}\n`;
    });
    assertEquals(first, false);
    assert([...seen].every((name) => name.startsWith("/proc/self/task/")), "what can be read is still there");
  }
});
