/** Where paths lead that leave an app which was deployed without its workspace. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { WorkspaceCopy, workspaceCopy } from "../../../runtime/bundle/workspace_copy.ts";
import { appFolder } from "./app_folder.ts";

Deno.test("Paths out of the app lead to the copies, those of copies into the app lead there, and no others change", async () => {
  await using app = await appFolder({ "a/b/c/v1/.nano_workspace/.place": "apps/shop\n" });
  const root = app.at("a/b/c/v1");
  const copy = (await WorkspaceCopy.of(root))!;
  const placeOf = (path: string) => copy.placeOf(app.at(path))?.replace(root, "ROOT") ?? null;
  assertEquals(placeOf("a/b/shared/x"), "ROOT/.nano_workspace/shared/x");
  assertEquals(placeOf("a/b/c/other/y"), "ROOT/.nano_workspace/apps/other/y");
  assertEquals(placeOf("a/b/c/v1/.nano_workspace/apps/shop/src/own"), "ROOT/src/own");
  assertEquals(placeOf("a/b/c/v1/src/own"), null);
  assertEquals(placeOf("a/b/c/v1/.nano_workspace/shared/x"), null);
  assertEquals(placeOf("a/secret"), null, "no path leads out of the copies");
});

Deno.test("An app without copies, and one whose copies are no files, are told apart", async () => {
  await using plain = await appFolder({ "index.ts": "" });
  assertEquals(await WorkspaceCopy.of(plain.path), null);
  assertEquals(workspaceCopy({ root: "/w/apps/a", reach: "/w" }, []), {});
  assertEquals(workspaceCopy({ root: "/w/apps/a", reach: "/w" }, ["/w/shared/x.ts"]), {
    ".nano_workspace/.place": { text: "apps/a\n" },
    ".nano_workspace/shared/x.ts": { path: "/w/shared/x.ts" },
  });
  await using broken = await appFolder({ ".nano_workspace/.place/in": "" });
  await assertRejects(() => WorkspaceCopy.of(broken.path), NanoError, '".nano_workspace/.place" cannot be read');
});
