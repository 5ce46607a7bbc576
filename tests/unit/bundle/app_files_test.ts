/** Tests which folders lie between two. */
import { assertEquals } from "@std/assert";
import { foldersUpTo } from "../../../runtime/bundle/app_files.ts";

Deno.test("foldersUpTo() gives each folder up to the root once, that of the file system too", () => {
  assertEquals([...foldersUpTo("/srv", "/srv/apps/blog")], ["/srv/apps/blog", "/srv/apps", "/srv"]);
  assertEquals([...foldersUpTo("/srv", "/srv")], ["/srv"]);
  assertEquals([...foldersUpTo("/srv", "/etc/apps")], []);
  assertEquals([...foldersUpTo("/srv", "/srvs/apps")], []);
  const toTop = foldersUpTo("/", "/srv/apps");
  // One more than there are: without an end it would never come to one.
  assertEquals(Array.from({ length: 4 }, () => toTop.next().value), ["/srv/apps", "/srv", "/", undefined]);
});
