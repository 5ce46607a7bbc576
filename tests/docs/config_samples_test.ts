/** Every nano.json that the docs show is taken by the configuration's own checks. */
import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { configJsonSchema } from "../../runtime/config/json_schema.ts";
import { resolveConfig } from "../../mod.ts";
import { REPO } from "../support/repo.ts";
import { CERT, KEY } from "../support/tls_pair.ts";

const FOLDER = new URL("docs/examples/config/", REPO);

for await (const { name } of Deno.readDir(FOLDER)) {
  Deno.test(`docs/examples/config/${name} is a right configuration`, async () => {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const dir = await Deno.makeTempDir({ prefix: "nano-docs-" });
    try {
      for (const path of outsidePaths(text)) await put(dir, path);
      const config = await resolveConfig(JSON.parse(text), {
        file: join(dir, "nano.json"),
        baseDir: dir,
        hostEnv: (variable) => `value of ${variable}`.replaceAll(" ", "_"),
      });
      assertEquals(config.apps.map((app) => app.name), JSON.parse(text).apps.map((app: { name: string }) => app.name));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

Deno.test("docs/nano.schema.json is what the configuration's schema says now", async () => {
  assertEquals(JSON.parse(await Deno.readTextFile(new URL("docs/nano.schema.json", REPO))), configJsonSchema());
});

/** Paths that have to exist; the paths of the samples begin with `./`. */
function outsidePaths(text: string): string[] {
  return [...text.matchAll(/"(\.\/[^"]+)"/g)].map(([, path]) => path!);
}

/** A file where the name has an ending or a secret is meant, else a folder with an app. */
async function put(dir: string, path: string): Promise<void> {
  const isFile = /\.\w+$/.test(path) || path.includes("/secrets/");
  const file = join(dir, isFile ? path : join(path, "index.js"));
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, contentOf(path));
}

function contentOf(path: string): string {
  if (path.endsWith("privkey.pem")) return KEY;
  return path.endsWith(".pem") ? CERT : "export default { fetch: () => new Response() };";
}
