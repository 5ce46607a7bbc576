/** The table of starters: its results are of the starters that the task knows, and its cells tell what differs. */
import { assert, assertEquals } from "@std/assert";
import { type StarterResult, startersMarkdown } from "../../docs/scripts/starters_table.ts";
import { brokenPath } from "../corpus/starters/compare_starter.ts";
import { STARTERS } from "../corpus/starters/starters.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";

Deno.test("The results are of starters that deno task starters makes, as they are now", async () => {
  const results: StarterResult[] = JSON.parse(await Deno.readTextFile(new URL("docs/starters.json", REPO)));
  const known = new Map(STARTERS.map((starter) => [starter.name, starter]));
  assertEquals(known.size, STARTERS.length, "Each has a name of its own");
  for (const { name, title, serve, byHand, paths } of results) {
    const starter = known.get(name);
    assertEquals([title, serve, byHand], [starter?.title, starter?.serve, starter?.make === null]);
    if (paths.length > 0) assertEquals(paths.map(({ path }) => path), starter?.paths);
  }
  assert(results.filter(({ error }) => error === null).length >= 22, "As many as the guide promises");
});

Deno.test("Whoever makes a starter by hand finds its files", async () => {
  const folder = fromFileUrl(new URL("tests/corpus/starters/by_hand/", REPO));
  const kept = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assertEquals(kept, STARTERS.filter(({ make }) => make === null).map(({ name }) => name).sort());
  for (const name of kept) assert((await Array.fromAsync(Deno.readDir(folder + name))).length > 1);
});

Deno.test("The table of starters counts what runs, and tells in a cell why something does not", () => {
  const same: StarterResult = {
    ...{ name: "koa", title: "Koa 3", byHand: true, serve: "npm start", nano: null, note: null, error: null },
    paths: [{ path: "/", status: 200, difference: null }],
  };
  const other = [{ path: "/", status: 200, difference: "body `a|b`" }, { path: "/x", status: 404, difference: null }];
  const lines = startersMarkdown([
    same,
    { ...same, title: "Next 16", byHand: false, nano: '"compat": "full"', paths: other },
    { ...same, title: "Remix 2", note: "texts of functions", paths: other },
    { ...same, title: "Qwik", error: "Cannot\nstart", paths: [] },
  ]).split("\n");
  assertEquals(
    lines[0],
    "Of 4 starters, 1 of them made by their own tools, 3 run, 2 of them without a word in nano.json; 1 answer as " +
      "their own server does.",
  );
  assertEquals(lines.slice(4), [
    "| Koa 3, by hand | `npm start` |  | same (`/` 200) |",
    '| Next 16 | `npm start` | `"compat": "full"` | runs (`/` 200, `/x` 404); `/`: `body \'a\'b\'` |',
    "| Remix 2, by hand | `npm start` |  | runs (`/` 200, `/x` 404); `/`: texts of functions |",
    "| Qwik, by hand | `npm start` |  | no: Cannot start |",
  ]);
});

Deno.test("What its own server answers and NANO only by an error of a server does not run", () => {
  const answers = (...statuses: readonly number[]) => statuses.map((status) => ({ status }));
  assertEquals(brokenPath(answers(200, 404), answers(200, 503)), 1);
  assertEquals(brokenPath(answers(200, 500), answers(404, 500)), -1);
});
