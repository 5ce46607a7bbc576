/** What whoever asked for a change reads when it failed. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { refusalOf } from "../../../runtime/operate/refusals.ts";

const VERB = 'put "k" into KV namespace "cache"';

Deno.test("What the machine refuses is told by name, whichever thread met it", () => {
  const told = (text: string) => {
    const error = refusalOf(new Error(text), VERB);
    return error instanceof NanoError ? `${error.code}: ${error.message}` : null;
  };
  const cannot = `INTERNAL: Cannot ${VERB}:`;
  assertEquals(told("database or disk is full"), `${cannot} the disk is full`);
  assertEquals(told("Cannot write a file: No space left on device (os error 28)"), `${cannot} the disk is full`);
  assertEquals(told("attempt to write a readonly database"), `${cannot} the file system is read-only`);
  assertEquals(told("Disk quota exceeded (os error 122)"), `${cannot} the disk quota of NANO's user is used up`);
  assertEquals(told("disk I/O error"), `${cannot} the disk fails (I/O error)`);
  assertEquals(told("Too many open files (os error 24)"), `${cannot} NANO has no descriptor left`);
});

Deno.test("What NANO itself did wrong, and what was worded already, stay as they are", () => {
  const fault = new TypeError("x is not a function");
  assertStrictEquals(refusalOf(fault, VERB), fault);
  const worded = new NanoError("CONFLICT", "Cannot do it: database or disk is full");
  assertStrictEquals(refusalOf(worded, VERB), worded);
});
