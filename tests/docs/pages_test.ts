/** No code block of the docs escapes: each is a file that other tests run, or commands that are checked. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { quotedPath } from "../../docs/scripts/compose_site.ts";
import { fencedBlocks, quoteFiles } from "../../docs/scripts/fenced_blocks.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { pageFiles } from "./page_files.ts";
import { shellMistakes } from "./shell_check.ts";

const pages = await pageFiles();

/** Where quoted files are that tests run or check; a file elsewhere would be code that nobody tries. */
const TRIED = [
  /^api\//,
  /^guides\//,
  /^quick-start\//,
  /^config\/[^/]+\.json$/,
  /^hono\//,
  /^\/docs\/deploy\//,
  /^\/docs\/observability\//,
];

Deno.test("Every code block of the docs is a tried file, or shell commands, or output that a test compares", () => {
  const stray: string[] = [];
  for (const { path, blocks } of pages) {
    for (const [at, { language, options, line, text }] of blocks.entries()) {
      const file = options.get("file");
      const isFile = file !== undefined && text.trim() === "" && TRIED.some((place) => place.test(file));
      const isOutput = language === "text" && options.has("output") && blocks[at - 1]?.options.has("run") === true;
      if (!isFile && language !== "sh" && !isOutput) stray.push(`${path}:${line}`);
    }
  }
  assertEquals(stray, []);
  assert(pages.flatMap(({ blocks }) => blocks).length > 60, "the pages have their blocks");
});

Deno.test("Every file that the docs quote exists and is no secret of the machine", async () => {
  for (const { blocks } of pages) {
    for (const { options } of blocks) {
      const file = options.get("file");
      if (file === undefined) continue;
      assert(quotedPath(file).startsWith(fromFileUrl(REPO)), file);
      assert((await Deno.stat(quotedPath(file))).isFile, file);
    }
  }
});

for (const { path, blocks } of pages) {
  const shell = blocks.filter(({ language }) => language === "sh");
  if (shell.length === 0) continue;
  Deno.test(`Shell commands of ${path} name commands, options, tasks and files that exist`, async () => {
    assertEquals((await Promise.all(shell.map(({ text }) => shellMistakes(text)))).flat(), []);
  });
}

Deno.test("Every page has a title and a description of one sentence", () => {
  for (const { path, text } of pages) {
    assert(/^---\ntitle: .+\ndescription: [A-Z].+\.\n/.test(text), path);
  }
});

Deno.test("shellMistakes() finds commands, options, tasks and files that do not exist", async () => {
  const wrong: readonly (readonly [command: string, mistake: string])[] = [
    ["nano serve", 'there is no command "serve"'],
    ["nano start --prot 1", "--prot"],
    ["nano rollback", "Argument APP is missing"],
    ["deno task docs:nothing", 'no task "docs:nothing"'],
    ["deno run -A mod.ts", "deno runs tasks only"],
    ["npx --yes deno@1.0.0 task start", "pinned"],
    ["cd x && rm -rf y", '"rm"'],
    ["curl --insecure http://127.0.0.1/", "--insecure"],
    ["curl not a url", "one URL"],
    ["docker compose -f docs/deploy/nothing.yaml up", "docs/deploy/nothing.yaml"],
    ['curl -H "Authorization: Bearer $(nano tokn)" http://127.0.0.1:9090/', '"tokn"'],
  ];
  for (const [command, mistake] of wrong) {
    const found = await shellMistakes(command);
    assertEquals(found.length, 1, command);
    assertStringIncludes(found[0]!, mistake);
  }
  const right = 'A=1 nano check --config a.json && nano apps | jq .  # why\nnano deploy \\\n  ./shop --note "a b"';
  assertEquals(await shellMistakes(right), []);
});

Deno.test("quoteFiles() puts files into their blocks, keeps others, and refuses a block that has text as well", async () => {
  const page =
    'One\n\n```ts file="a.ts"\n```\n\n1. two\n\n   ```sh run\n   ls\n   ```\n\n````md\n```\ninner\n```\n````\n';
  const read = (path: string) => Promise.resolve(`// ${path}\n\nlast\n`);
  assertEquals(
    await quoteFiles(page, read),
    'One\n\n```ts title="a.ts"\n// a.ts\n\nlast\n```\n\n1. two\n\n   ```sh\n   ls\n   ```\n\n````md\n```\ninner\n```\n````\n',
  );
  assertEquals(fencedBlocks(page).map(({ language, line }) => [language, line]), [["ts", 3], ["sh", 8], ["md", 12]]);
  await assertRejects(() => quoteFiles('```ts file="a.ts"\nmore\n```\n', read), Error, "has text of its own");
});
