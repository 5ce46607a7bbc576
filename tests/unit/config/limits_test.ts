/** The table of limits: complete, as the contract has it, and what is made of it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { appDetailSchema } from "../../../admin/schemas/app_schemas.ts";
import { AppViews } from "../../../admin/gate/app_view.ts";
import { configReference } from "../../../docs/scripts/config_reference.ts";
import { diffApps } from "../../../runtime/config/diff.ts";
import { configJsonSchema } from "../../../runtime/config/json_schema.ts";
import { APP_LIMITS, HOST_LIMITS, type Limit } from "../../../runtime/config/limits.ts";
import {
  APP_LIMIT_KEYS,
  propertyOf,
  resolveAppLimits,
  resolveHostLimits,
  writtenAppLimits,
} from "../../../runtime/config/resolve_limits.ts";
import { appPatchSchema } from "../../../runtime/config/written_app.ts";
import { FakeAdminTarget } from "../../support/fake_admin_target.ts";
import { appConfig } from "../runtime/app_config.ts";
import { ConfigFolder } from "./config_case.ts";

const TABLES = { app: Object.entries<Limit>(APP_LIMITS), host: Object.entries<Limit>(HOST_LIMITS) };
const MOST_MS = 2 ** 31 - 1;
const HOST = resolveHostLimits({});

Deno.test("Names, units, ranges and defaults of limits are those that the contract fixes", () => {
  const fixed = {
    memory_mb: ["MiB", 16, 65_536, 128],
    external_mb: ["MiB", 16, 65_536, { app: "memory_mb" }],
    cpu_ms: ["milliseconds", 50, MOST_MS, 5000],
    timeout_ms: ["milliseconds", 1, MOST_MS, 30_000],
    max_concurrent: ["requests", 1, 1_000_000, 512],
    max_queue: ["requests", 0, 1_000_000, 512],
    max_body_bytes: ["bytes", 0, Number.MAX_SAFE_INTEGER, 104_857_600],
    idle_timeout_ms: ["milliseconds", 0, MOST_MS, 0],
    drain_timeout_ms: ["milliseconds", 0, MOST_MS, { host: "drain_timeout_ms" }],
  } as const;
  for (const [key, expected] of Object.entries(fixed)) {
    const { unit, min, max, default: preset } = APP_LIMITS[key as keyof typeof fixed];
    assertEquals([key, unit, min, max, preset], [key, ...expected]);
  }
  assertEquals(HOST, { drainTimeoutMs: 30_000, maxMemoryMb: null, spareIsolates: null });
});

Deno.test("Every row of the table is complete: a range that holds its default, a label of its own, a text", () => {
  for (const rows of Object.values(TABLES)) {
    assertEquals(new Set(rows.map(([, { label }]) => label)).size, rows.length, "two limits have one label");
    for (const [key, { min, max, default: preset, label, help, zero }] of rows) {
      assert(min < max && Number.isSafeInteger(min) && Number.isSafeInteger(max), key);
      if (typeof preset === "number") assert(min <= preset && preset <= max, key);
      else assertMatch(help, /Default: /, `${key} does not say its default`);
      if (preset !== null && typeof preset === "object") {
        assert("app" in preset ? preset.app in APP_LIMITS : preset.host in HOST_LIMITS, key);
      }
      assertMatch(label, /^[A-Z].*[^.]$/, key);
      assertMatch(help, /^[A-Z].*\.$/, key);
      assertEquals(zero !== undefined, help.includes("0: "), `${key}: the text and the word for 0`);
    }
  }
});

Deno.test("Every limit is a key of nano.json, of a patch, of the API's view and of the reference, with its bounds", () => {
  const { properties } = configJsonSchema() as { properties: Record<string, Described> };
  const app = properties.apps!.items!.properties!;
  const reference = configReference();
  const { limits } = appDetailSchema.shape;
  for (const [key, { min, max, default: preset, help, label }] of TABLES.app) {
    for (const place of [app, properties.defaults!.properties!]) {
      const { minimum, maximum, description, default: told } = place[key]!;
      assertEquals([key, minimum, maximum, description], [key, min, max, help]);
      assertEquals(told, typeof preset === "number" ? preset : undefined, key);
    }
    assert(key in appPatchSchema.shape, key);
    assertEquals(limits.unwrap().shape[key as keyof typeof APP_LIMITS].meta()?.description, help);
    assert(reference.includes(`| \`${key}\` | ${label} |`), key);
  }
  for (const [key, { min, max, help }] of TABLES.host) {
    const { minimum, maximum, description } = properties[key]!;
    assertEquals([key, minimum, maximum, description], [key, min, max, help]);
  }
  const { apps } = new AppViews(new FakeAdminTarget(), Date.now).page(() => true, { offset: 0, limit: 1 });
  assertEquals(Object.keys(apps[0]!.limits!), [...APP_LIMIT_KEYS]);
});

Deno.test("Both ends of every range are taken, arrive, and what lies beyond is refused with the range", async () => {
  using folder = new ConfigFolder({ "a.ts": "" });
  for (const [key, { unit, min, max }] of TABLES.app) {
    for (const value of [min, max]) {
      const { apps } = await folder.resolve({ apps: [{ name: "a", path: "a.ts", [key]: value }] });
      assertEquals([key, apps[0]![propertyOf(key) as keyof typeof apps[0]]], [key, value]);
      const inherited = await folder.resolve({ defaults: { [key]: value }, apps: [{ name: "a", path: "a.ts" }] });
      assertEquals(inherited.apps[0], apps[0], `${key} of "defaults"`);
    }
    for (const value of [min - 1, max + 1, min + 0.5, String(min), null, true]) {
      const lines = await folder.mistakes({ apps: [{ name: "a", path: "a.ts", [key]: value }] });
      assertEquals(lines.length, 1, `${key} ${value}`);
      assert(lines[0]!.endsWith(`expected a whole number of ${unit} from ${min} to ${max}`), lines[0]);
    }
  }
});

Deno.test("What follows another limit follows what holds for it, unless it is written", () => {
  assertEquals(resolveAppLimits({ memory_mb: 256 }, HOST).externalMb, 256);
  assertEquals(resolveAppLimits({ memory_mb: 256, external_mb: 32 }, HOST).externalMb, 32);
  const host = resolveHostLimits({ drain_timeout_ms: 7, max_memory_mb: 4096, spare_isolates: 0 });
  assertEquals(host, { drainTimeoutMs: 7, maxMemoryMb: 4096, spareIsolates: 0 });
  assertEquals(resolveAppLimits({}, host).drainTimeoutMs, 7);
  assertEquals(resolveAppLimits({ drain_timeout_ms: 0 }, host).drainTimeoutMs, 0);
  const written = { ...writtenAppLimits(resolveAppLimits({}, HOST)), max_queue: 0, cpu_ms: 99 };
  assertEquals(writtenAppLimits(resolveAppLimits(written, HOST)), written);
});

Deno.test("A change of a limit needs another isolate where the table says so, and only there", () => {
  for (const [key, { max, change }] of TABLES.app) {
    const { changed } = diffApps([appConfig()], [appConfig({ [propertyOf(key)]: max })]);
    assertEquals([key, changed], [key, change === "new isolate" ? ["blog"] : []]);
  }
});

interface Described {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}
