/** Holds the guides at the root: every path they name is there, and nobody who follows one gets lost. */
import { assert, assertEquals } from "@std/assert";
import { REPO } from "./support/repo.ts";

const GUIDES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "AGENTS.md"];
/** Paths as code: below a folder of the repo, or a file at its root. */
const PATH = /`((?:admin|runtime|tests|docs|\.ci)\/[\w./-]*|(?:mod|deno)\.[a-z.]+)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g;

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(new URL(path, REPO));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

for (const guide of GUIDES) {
  Deno.test(`Every path and link of ${guide} leads somewhere`, async () => {
    const text = await Deno.readTextFile(new URL(guide, REPO));
    const named = [...text.matchAll(PATH), ...text.matchAll(LINK)].map(([, path]) => path!);
    assert(named.length > 0, "it names nothing");
    const missing: string[] = [];
    // What a build makes is not there before it
    for (const path of new Set(named)) if (!/^docs\/dist/.test(path) && !await exists(path)) missing.push(path);
    assertEquals(missing, []);
  });
}
