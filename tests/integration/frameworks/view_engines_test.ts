/** Views of Express: it requires its engine by a name that only run time knows. */
import { assertEquals } from "@std/assert";
import { BundledNano } from "../bundle/bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

const app = (beginning: string) =>
  `${beginning}
  const app = express();
  app.set("views", "views");
  app.get("/", (req, res) => res.render("page.ejs", { name: ejs.render("<%= 6 * 7 %>") }));
  app.listen(3000);`;

for (
  const [way, beginning] of Object.entries({
    imports: `import express from "express"; import ejs from "ejs";`,
    requires: `const express = require("express"); const ejs = require("ejs");`,
  })
) {
  Deno.test({
    name: `res.render of Express finds its engine in an app that also ${way} it`,
    ...WHOLE_SYSTEM,
    async fn() {
      const type = way === "imports" ? { type: "module" } : {};
      await using nano = await BundledNano.start({
        "package.json": JSON.stringify({ dependencies: { express: "5.1.0", ejs: "3.1.10" }, ...type }),
        "index.js": app(beginning),
        "views/page.ejs": "Hello <%= name %>",
      });
      assertEquals(nano.failure(), null);
      assertEquals(await nano.get("/"), { status: 200, text: "Hello 42" });
    },
  });
}
