/** What a Workers project asks for in vain is named with its line and with what to take instead. */
import { assert, assertEquals } from "@std/assert";
import { readWorkersProject } from "../../../runtime/config/workers_project.ts";

const FILE = `{
  "name": "shop", "main": "w.ts",
  "durable_objects": { "bindings": [
    { "name": "ROOM", "class_name": "Room" }
  ] },
  "hyperdrive": [{ "binding": "PG", "id": "1" }],
  "ai": { "binding": "AI" },
  "workflows": [
    { "binding": "FLOW", "name": "flow", "class_name": "Flow" }
  ],
  "flagship": [{ "binding": "FLAGS", "app_id": "1" }], "stream": { "binding": "VIDEO" },
  "site": { "bucket": "./public" }, "queues": { "producers": [{ "binding": "Q", "queue": "q" }] },
  "env": { "staging": { "send_email": [{ "name": "MAIL" }] } }
}`;

Deno.test("Each binding that NANO does not have is named with its line and what to take instead", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/wrangler.jsonc`, FILE);
    const missing = (await readWorkersProject(folder, null))!.missing;
    assertEquals(missing.map(({ name, kind, where }) => [name, kind, where]), [
      ["PG", "Hyperdrive", "wrangler.jsonc, line 6"],
      ["FLOW", "workflow", "wrangler.jsonc, line 9"],
      ["ROOM", "Durable Object", "wrangler.jsonc, line 4"],
      ["AI", "Workers AI", "wrangler.jsonc, line 7"],
      ["FLAGS", 'binding of "flagship"', "wrangler.jsonc, line 11"],
      ["VIDEO", 'binding of "stream"', "wrangler.jsonc, line 11"],
      ["__STATIC_CONTENT", "Workers Sites", "wrangler.jsonc, line 12"],
    ]);
    for (const { instead } of missing) assert(/^[a-z].*[^.]$/.test(instead), instead);
    const staging = (await readWorkersProject(folder, "staging"))!.missing;
    assertEquals(staging.map(({ name, where }) => [name, where]), [["MAIL", "wrangler.jsonc, line 13"]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
