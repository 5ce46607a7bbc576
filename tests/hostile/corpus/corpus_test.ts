/** The first half of the hostile corpus, which takes about as long as the other; a case is a record in `cases/`. */
import { assert, assertEquals } from "@std/assert";
import { corpusTests, EVERY, placedCases } from "./corpus_tests.ts";
import { FAMILIES, FIRST_HALF } from "./families.ts";

Deno.test("The corpus has 120 cases or more, each under a name of its own", () => {
  const titles = FAMILIES.flatMap(placedCases).map(({ app }) => app);
  assertEquals(titles.length, new Set(titles).size);
  const records = FAMILIES.reduce((sum, { cases }) => sum + cases.length, 0);
  assert(records >= 120, `${records} records`);
  console.log(`hostile corpus: ${records} records, ${titles.length} cases with their places; 1 in ${EVERY} runs`);
});

corpusTests(FIRST_HALF);
