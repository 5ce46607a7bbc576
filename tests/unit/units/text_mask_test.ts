/** What is told of an app that Deno runs: paths begin at its folder, wherever it and its data lie on the host. */
import { assertEquals } from "@std/assert";
import { textMask } from "../../../runtime/units/text_mask.ts";

const APP = { env: { KEY: "a-long-secret" }, secrets: ["KEY"] };

Deno.test("Paths of an app's folder, its workspace and its kept data are told from where it is", () => {
  const mask = textMask(APP, {
    folder: "/srv/work/apps/shop",
    reach: "/srv/work",
    data: ["/state/files/shop", "/srv/work/apps/shop/data"],
  })!;
  for (
    const [text, told] of [
      ["at file:///srv/work/apps/shop/main.ts:1:2", "at main.ts:1:2"],
      ["at /srv/work/packages/kit/mod.js", "at ../../packages/kit/mod.js"],
      ["ENOENT: '/state/files/shop/a.db'", "ENOENT: 'data/a.db'"],
      ["cwd is /srv/work/apps/shop", "cwd is ."],
      ["/srv/work/apps/shop2/main.ts", "../../apps/shop2/main.ts"],
      ["/srv/work.old/x", "/srv/work.old/x"],
      ["https://host.example/srv/work/x", "https://host.example/srv/work/x"],
      ["/state/files/shop-2/x", "/state/files/shop-2/x"],
      ["a-long-secret in /srv/work/apps/shop/x", "*** in x"],
    ] as const
  ) assertEquals(mask(text), told);
});

Deno.test("A folder that is its own workspace is told once, and an app without either as it speaks", () => {
  const mask = textMask({ env: {}, secrets: [] }, {
    folder: "/srv/shop",
    reach: "/srv/shop",
    data: ["/srv/shop/data"],
  })!;
  assertEquals(mask("/srv/shop/data/x and /srv/shop/y and /srv/shop"), "data/x and y and .");
  assertEquals(textMask({ env: {}, secrets: [] }, undefined), null);
});
