/** The routes of the configuration and of the history. */
import { assert, assertEquals } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { apiBench, PEER, problem, refusal } from "./api_bench.ts";

Deno.test("GET /admin/config shows no secret and keeps the names of variables", async () => {
  const { ask } = apiBench();
  const text = await (await ask("/admin/config")).text();
  assert(!text.includes("very-secret") && !text.includes("configured-token"), text);
  const config = JSON.parse(text);
  assertEquals(config.apps[0].env, { PLAIN: "text", apiKey: "***" });
  assertEquals([config.state_dir, config.apps[0].max_body_bytes, config.set_aside], ["/srv/.nano", 104_857_600, []]);
});

Deno.test("POST /admin/reload answers with the summary, or with every mistake", async () => {
  const { target, send } = apiBench();
  const summary = { added: [], removed: [], changed: ["app-1"], unchanged: [] };
  assertEquals(await (await send("POST", "/admin/reload")).json(), summary);
  assertEquals([target.reloads, target.operations.entries[0]?.actor], [1, `api ${PEER}`]);
  target.refusal = new NanoError("CONFIG_INVALID", "Cannot load", { details: ["one", "two"] });
  const refused = await problem(await send("POST", "/admin/reload"));
  assertEquals([refused.status, refused.code, refused.errors], [400, "CONFIG_INVALID", ["one", "two"]]);
});

Deno.test("POST /admin/reload?dry_run=1 only tells what would change", async () => {
  const { target, send } = apiBench();
  assertEquals((await (await send("POST", "/admin/reload?dry_run=1")).json()).changed, ["app-1"]);
  assertEquals([target.reloads, target.operations.entries], [0, []]);
  assertEquals(await refusal(await send("POST", "/admin/reload?dry_run=maybe")), [400, "USAGE"]);
  target.refusal = new NanoError("CONFIG_INVALID", "Cannot load", { details: ["one"] });
  assertEquals(await refusal(await send("POST", "/admin/reload?dry_run=true")), [400, "CONFIG_INVALID"]);
});

Deno.test("GET /admin/history pages backwards, for all or for one app", async () => {
  const { send, ask } = apiBench({ fake: { now: () => 1_000_000 } });
  for (const app of ["app-1", "app-2", "app-1"]) {
    await (await send("POST", `/admin/apps/${app}/restart`)).body?.cancel();
  }
  const page = async (query: string) => {
    const { entries, next_before } = await (await ask(`/admin/history${query}`)).json();
    return [entries.map(({ id }: { id: number }) => id), next_before];
  };
  assertEquals(await page(""), [[3, 2, 1], null]);
  assertEquals(await page("?limit=2"), [[3, 2], 2]);
  assertEquals(await page("?limit=2&before=2"), [[1], null]);
  assertEquals(await page("?app=app-1"), [[3, 1], null]);
  const { entries: [entry] } = await (await ask("/admin/history?limit=1")).json();
  assertEquals(entry, {
    id: 3,
    at: "1970-01-01T00:16:40.000Z",
    actor: `api ${PEER}`,
    action: "app.restart",
    app: "app-1",
    detail: 'Restarted app "app-1"',
    error: null,
  });
  for (const query of ["?limit=0", "?limit=501", "?before=x"]) {
    assertEquals(await refusal(await ask(`/admin/history${query}`)), [400, "USAGE"], query);
  }
});
