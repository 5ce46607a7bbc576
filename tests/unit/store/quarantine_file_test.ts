/** What the quarantine keeps, and that no broken file keeps an app down. */
import { assertEquals } from "@std/assert";
import { type Conviction, QuarantineFile } from "../../../runtime/store/quarantine_file.ts";

const SHOP: Conviction = { app: "shop", version: "a", reason: "the host died 2 times while it computed", since: 1 };

async function stateDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("QuarantineFile keeps a version down over a restart, and no other version or app", async () => {
  await using dir = await stateDir();
  const warnings: string[] = [];
  new QuarantineFile(dir.path, (text) => warnings.push(text)).add([SHOP]);
  const next = new QuarantineFile(dir.path, (text) => warnings.push(text));
  assertEquals(next.find("shop", "a"), SHOP);
  assertEquals([next.find("shop", "b"), next.find("blog", "a")], [null, null]);
  assertEquals(warnings, []);
  assertEquals((await Deno.stat(`${dir.path}/quarantine.json`)).mode! & 0o777, 0o600);
});

Deno.test("QuarantineFile lets all versions of an app out at once, and takes them back", async () => {
  await using dir = await stateDir();
  const file = new QuarantineFile(dir.path, () => {});
  const both = [SHOP, { ...SHOP, version: "b" }];
  file.add([...both, { ...SHOP, app: "blog" }]);
  assertEquals(file.release("shop"), both);
  assertEquals([file.find("shop", "a"), file.find("shop", "b")], [null, null]);
  assertEquals(file.find("blog", "a")?.app, "blog");
  assertEquals(file.release("shop"), []);
  file.add(both);
  file.add([{ ...SHOP, reason: "again" }]);
  assertEquals(new QuarantineFile(dir.path, () => {}).find("shop", "a")?.reason, "again");
});

Deno.test("QuarantineFile takes a file that cannot be read for empty and says so, and leaves out what is none of its own", async () => {
  await using dir = await stateDir();
  for (const text of ["{", "null", "7"]) {
    await Deno.writeTextFile(`${dir.path}/quarantine.json`, text);
    const warnings: string[] = [];
    const file = new QuarantineFile(dir.path, (warning) => warnings.push(warning));
    assertEquals([file.find("shop", "a"), warnings.length], [null, 1], text);
  }
  await Deno.writeTextFile(`${dir.path}/quarantine.json`, JSON.stringify([null, {}, { ...SHOP, since: "x" }, SHOP]));
  assertEquals(new QuarantineFile(dir.path, () => {}).release("shop"), [SHOP]);
});

Deno.test("QuarantineFile that cannot be written holds for as long as the process", () => {
  const warnings: string[] = [];
  const file = new QuarantineFile("/proc/none", (text) => warnings.push(text));
  file.add([SHOP]);
  assertEquals([file.find("shop", "a"), warnings.length], [SHOP, 1]);
});
