/** Pages at their paths: the table of Cloudflare's documentation (Workers, static assets, HTML handling), and clashes. */
import { assertEquals } from "@std/assert";
import { HTML_HANDLINGS } from "../../../runtime/config/html_handling.ts";
import { findPage } from "../../../runtime/http/page_paths.ts";

/** What each path comes to, in the order of {@linkcode HTML_HANDLINGS}: ">" leads elsewhere, "-" is nothing. */
const TABLE: Readonly<Record<string, string>> = {
  "/": "/index.html /index.html /index.html -",
  "/index": ">/ >/ >/ -",
  "/index.html": ">/ >/ >/ /index.html",
  "/file": "/file.html >/file/ /file.html -",
  "/file.html": ">/file >/file/ >/file /file.html",
  "/file/": ">/file /file.html >/file -",
  "/file/index": ">/file >/file/ >/file -",
  "/file/index.html": ">/file >/file/ >/file -",
  "/folder": ">/folder/ >/folder/ /folder/index.html -",
  "/folder.html": ">/folder/ >/folder/ >/folder -",
  "/folder/": "/folder/index.html /folder/index.html >/folder -",
  "/folder/index": ">/folder/ >/folder/ >/folder -",
  "/folder/index.html": ">/folder/ >/folder/ >/folder /folder/index.html",
  "/bin": "/bin /bin /bin /bin",
  "/bin/": "- - - -",
  // Both a page and a folder of the name.
  "/both": "/both.html >/both/ /both.html -",
  "/both/": "/both/index.html /both/index.html >/both -",
  "/both.html": ">/both /both.html >/both /both.html",
  "/both/index.html": ">/both/ >/both/ /both/index.html /both/index.html",
  // A file of the page's clean name is served in its place.
  "/taken": "/taken /taken /taken /taken",
  "/taken.html": "/taken.html >/taken/ /taken.html /taken.html",
  "/absent": "- - - -",
};
const FILES = new Set(
  "/index.html /file.html /folder/index.html /bin /both.html /both/index.html /taken /taken.html".split(" "),
);
const exists = (path: string) => Promise.resolve(FILES.has(path));

for (const [at, handling] of HTML_HANDLINGS.entries()) {
  Deno.test(`Pages are found as Cloudflare's "${handling}" has it`, async () => {
    for (const [path, row] of Object.entries(TABLE)) {
      const found = await findPage(path, { handling, exists, byName: false });
      const told = found === null ? "-" : "file" in found ? found.file : `>${found.location}`;
      assertEquals([path, told], [path, row.split(" ")[at]]);
    }
  });
}

Deno.test("Whoever asks for a page by the name of its file gets it, whatever its place is", async () => {
  for (const handling of HTML_HANDLINGS) {
    assertEquals(await findPage("/file.html", { handling, exists, byName: true }), { file: "/file.html" });
  }
});
