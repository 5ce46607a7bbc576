/** What a new configuration means for the apps of the one before. */
import { assertEquals } from "@std/assert";
import { diffApps } from "../../../runtime/config/diff.ts";
import type { AppConfig } from "../../../runtime/config/schema.ts";
import { ConfigFolder } from "./config_case.ts";

async function apps(...keys: object[]): Promise<readonly AppConfig[]> {
  using folder = new ConfigFolder();
  const written = keys.map((one, index) => ({ name: "abcdef"[index], path: folder.dir, ...one }));
  const { apps } = await folder.resolve({ apps: written });
  return apps.map((app) => ({ ...app, path: "/srv/app" }));
}

const NOTHING = { added: [], removed: [], changed: [], unchanged: [] };

Deno.test("diffApps() sorts apps into added, removed, changed and unchanged", async () => {
  const before = await apps({}, {}, { memory_mb: 64 });
  const after = await apps({}, { name: "d" }, { memory_mb: 65 });
  assertEquals(diffApps(before, after), { added: ["d"], removed: ["b"], changed: ["c"], unchanged: ["a"] });
  assertEquals(diffApps(after, before), { added: ["b"], removed: ["d"], changed: ["c"], unchanged: ["a"] });
});

Deno.test("diffApps() of nothing, of the same and of all new apps", async () => {
  const some = await apps({}, {});
  assertEquals(diffApps([], []), NOTHING);
  assertEquals(diffApps(some, await apps({}, {})), { ...NOTHING, unchanged: ["a", "b"] });
  assertEquals(diffApps([], some), { ...NOTHING, added: ["a", "b"] });
  assertEquals(diffApps(some, []), { ...NOTHING, removed: ["a", "b"] });
});

Deno.test("diffApps() sees a change of any key at any depth", async () => {
  const base = await apps({ env: { A: "1" }, crons: [{ schedule: "* * * * *" }] });
  const changes: object[] = [
    { env: { A: "2" } },
    { env: { A: "1", B: "" } },
    { env: {} },
    { crons: [] },
    { crons: [{ schedule: "* * * * *", name: "x" }] },
    { hostname: "x" },
    { hostname: ["a", "x"] },
    { port: 0 },
    { outbound: [] },
    { outbound: "any" },
    { isolation: "process" },
    { isolation: "process", compat: "full" },
    { isolation: "process", compat: "full", ffi: true },
    { node_compat: false },
    { start: "lazy" },
    { streams: "polyfill" },
    { drain_timeout_ms: 1 },
  ];
  for (const change of changes) {
    const after = await apps({ env: { A: "1" }, crons: [{ schedule: "* * * * *" }], ...change });
    assertEquals([change, diffApps(base, after).changed], [change, ["a"]]);
  }
});

Deno.test("diffApps() overlooks the order of apps and of keys", async () => {
  const [a, b] = await apps({ env: { A: "1", B: "2" } }, {});
  const reordered = Object.fromEntries(Object.entries(a!).reverse()) as unknown as AppConfig;
  const after = [b!, { ...reordered, env: { B: "2", A: "1" } }];
  assertEquals(diffApps([a!, b!], after), { ...NOTHING, unchanged: ["b", "a"] });
});
