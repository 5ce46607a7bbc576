/** Some two hundred small expressions have the same value in an app and in plain Deno, or the one that standards say. */
import { assert, assertEquals } from "@std/assert";
import { evaluateAll } from "../../fixtures/apps/expressions/expressions.js";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Where standards decide against Deno: the right value. */
const RIGHT: Readonly<Record<string, unknown>> = {
  "Request.duplex": "half",
  "Request.destination": "",
  "Request.isHistoryNavigation": false,
  "Request.isReloadNavigation": false,
  "req duplex full": "TypeError",
  "Response.redirect names": ["redirect", 1, "error", 0, "json", 1],
  "FormData string filename": "TypeError",
  "Response body byob": "object",
  "Response 101": "RangeError",
};

Deno.test("an app sees what plain Deno sees, and the standards' value where Deno differs from them", async () => {
  const apps = Object.fromEntries(["native", "polyfill"].map((streams) => {
    return [streams, { fixture: "expressions", config: { streams } }];
  }));
  await using project = await TempProject.create(apps);
  await using nano = await NanoProcess.start(project.configFile);
  const plain: Record<string, string> = await evaluateAll();
  assert(Object.keys(plain).length > 180);
  for (const mode of Object.keys(apps)) {
    const seen: Record<string, string> = await (await nano.fetch(mode, "/")).json();
    for (const [name, value] of Object.entries(plain)) {
      const right = name in RIGHT ? JSON.stringify(RIGHT[name]) : value;
      assertEquals([mode, name, seen[name]], [mode, name, right]);
      if (name in RIGHT && mode === "native") assert(value !== right, `${name}: Deno has it right by now`);
    }
  }
});
