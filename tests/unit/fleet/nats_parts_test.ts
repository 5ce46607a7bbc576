/** Parts of the NATS engine that need no server. */
import { assertEquals } from "@std/assert";
import { subjectPart } from "../../../runtime/fleet/nats_names.ts";
import { oldServer } from "../../../runtime/fleet/nats_version.ts";

Deno.test("Servers that are known to lose writes are told by their version", () => {
  const old = ["2.9.10", "2.10.27", "2.11.15", "2.12.0", "2.12.6", "1.4.1", "none", ""];
  const taken = ["2.11.16", "2.11.20", "2.12.7", "2.12.10", "2.13.0", "2.15.1", "3.0.0", "2.12.7-RC.1"];
  assertEquals([...old, ...taken].filter((version) => oldServer(version) === null), taken);
});

Deno.test("Every name is parts of a subject, and no two names are the same subject", () => {
  const names = [
    "app.blog",
    "app.Blog",
    "a b",
    "a=20b",
    "*",
    ">",
    "a.*.b",
    "a..b",
    ".",
    "..",
    "",
    "ä",
    "a\u0301",
    "\t",
    "\u{1F680}",
  ];
  const subjects = names.map(subjectPart);
  assertEquals(new Set(subjects).size, names.length);
  assertEquals(subjects.filter((subject) => !/^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/.test(subject)), []);
  assertEquals(subjects.slice(0, 3), ["app.blog", "app.Blog", "a=20b"]);
});
