/** An app's folder as the app reads it: pages of one reading, one folder at a time. */
import { assertEquals } from "@std/assert";
import { ENTRIES_PER_ANSWER } from "../../../runtime/protocol/host_calls.ts";
import { AppFolder } from "../../../runtime/units/app_folder.ts";

function scene(count: number) {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nano_folder_" }));
  const write = (name: string) => Deno.writeTextFileSync(`${path}/${name}`, "");
  for (let at = 0; at < count; at++) write(`b${String(at).padStart(5, "0")}`);
  const folder = new AppFolder({ path, reach: "own", hidden: [`${path}/b00001`] });
  return { folder, write, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

Deno.test("The pages of a long folder are of one reading, whatever changes meanwhile", async () => {
  using place = scene(ENTRIES_PER_ANSWER + 10);
  const first = await place.folder.list("/", 0);
  assertEquals([first.entries.length, first.isWhole, first.entries[1]![0]], [ENTRIES_PER_ANSWER, false, "b00002"]);
  place.write("a-new-one");
  const second = await place.folder.list("/", first.entries.length);
  assertEquals([second.entries.length, second.isWhole], [9, true]);
  assertEquals(second.entries[0]![0], `b${String(ENTRIES_PER_ANSWER + 1).padStart(5, "0")}`);
  assertEquals((await place.folder.list("/", 0)).entries[0]![0], "a-new-one");
});

Deno.test("Secrets are in no page, and folders asked for at once are all answered", async () => {
  using place = scene(3);
  for (const name of [".env", ".ENV.local", "nano.json", ".npmrc"]) place.write(name);
  const all = await Promise.all(Array.from({ length: 20 }, () => place.folder.list("/", 0)));
  for (const { entries } of all) assertEquals(entries.map(([name]) => name), ["b00000", "b00002"]);
});
