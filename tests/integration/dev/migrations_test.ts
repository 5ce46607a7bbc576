/** `nano dev` of a Workers project has the tables of its migrations. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { until } from "../life/until.ts";

const APP = `export default {
  async fetch(request, env) {
    const { results } = await env.DB.prepare("SELECT title FROM posts ORDER BY title").all();
    return new Response(results.map(({ title }) => title).join());
  },
};`;

Deno.test("nano dev applies the migrations of its project before it serves, and tells of one that fails", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano_dev_test_" });
  try {
    const wrangler = { name: "blog", main: "index.js", d1_databases: [{ binding: "DB", database_name: "blog" }] };
    await Deno.writeTextFile(`${folder}/wrangler.json`, JSON.stringify(wrangler));
    await Deno.writeTextFile(`${folder}/index.js`, APP);
    await Deno.mkdir(`${folder}/migrations`);
    await Deno.writeTextFile(`${folder}/migrations/0001_posts.sql`, "CREATE TABLE posts (title);");
    await Deno.writeTextFile(`${folder}/migrations/0002_one.sql`, "INSERT INTO posts VALUES ('one');");
    await Deno.writeTextFile(`${folder}/migrations/0003_bad.sql`, "INSERT INTO posts VALUES ('bad'); SELEC;");
    await using nano = await NanoProcess.spawn(["dev", folder, "--port", "0"]);
    const serving = await until(
      () => nano.strayLines.find((line) => line.startsWith("Serving ")),
      "the URL is printed",
      120_000,
    );
    const url = serving.match(/http:\/\/\S+/)![0];
    assertEquals(await (await fetch(url)).text(), "one");
    const said = nano.strayLines.join("\n");
    assertStringIncludes(said, 'migration "0003_bad.sql"');
    assertStringIncludes(said, "syntax error");

    await Deno.writeTextFile(`${folder}/migrations/0003_bad.sql`, "INSERT INTO posts VALUES ('mended');");
    await Deno.writeTextFile(`${folder}/index.js`, `${APP}\n// edited`);
    await until(async () => await (await fetch(url)).text() === "mended,one", "the reload migrates");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
