/** The second half of the hostile corpus. */
import { corpusTests } from "./corpus_tests.ts";
import { FAMILIES, FIRST_HALF } from "./families.ts";

corpusTests(FAMILIES.filter((family) => !FIRST_HALF.includes(family)));
