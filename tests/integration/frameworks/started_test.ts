/** Servers that listen only where they were started, by each way in which modules ask for that. */
import { assertEquals } from "@std/assert";
import { BundledNano } from "../bundle/bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

const QUESTIONS = {
  "the path of its URL": "process.argv[1] === fileURLToPath(import.meta.url)",
  "a URL made of the argument": "import.meta.url === pathToFileURL(process.argv[1]).href",
  "a URL put together": "import.meta.url === `file://${process.argv[1]}`",
  "its real path": "realpathSync(process.argv[1]) === import.meta.filename",
  "import.meta.main": "import.meta.main",
};

for (const [way, question] of Object.entries(QUESTIONS)) {
  Deno.test({
    name: `What was started is told from what was imported by ${way}`,
    ...WHOLE_SYSTEM,
    async fn() {
      const imports = `import { createServer } from "node:http"; import { realpathSync } from "node:fs";
        import { fileURLToPath, pathToFileURL } from "node:url";`;
      await using nano = await BundledNano.start({
        "package.json": '{"type":"module","main":"src/server.js"}',
        "src/server.js": `${imports} import { asked } from "./other.js";
          export const server = createServer((_, response) => response.end("started " + asked));
          if (${question}) server.listen(3000);`,
        "src/other.js": `${imports} export const asked = ${question};`,
      });
      assertEquals(nano.failure(), null);
      assertEquals(await nano.get("/"), { status: 200, text: "started false" });
    },
  });
}
