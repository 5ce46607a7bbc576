/** What is written down of the commands: complete, and true of itself. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  COMMAND_GROUPS,
  COMMAND_NAMES,
  commandDocs,
  findCommand,
  findCommandDoc,
  nameOf,
} from "../../../../admin/cli/command_index.ts";
import { REPO, sourceFiles } from "../../../support/repo.ts";
import { usageOf } from "../../../../admin/cli/line/command_doc.ts";
import type { Command } from "../../../../admin/cli/line/command.ts";
import { CommandLine } from "../../../../admin/cli/line/command_line.ts";
import { helpText } from "../../../../admin/cli/line/help_text.ts";

const DOCS = await commandDocs();

/** Takes the `nano …` of an example apart as a shell does, for the quotes that examples use. */
function wordsOf(example: string): string[][] {
  return [...example.matchAll(/(?:^|[(|] ?|&& )nano ([^|)&><]*)/g)].map((match) =>
    [...match[1]!.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3]!)
  );
}

Deno.test("every command is written down whole, with texts in one style", () => {
  const docs = DOCS;
  assertEquals(new Set(docs.map(({ name }) => name)).size, docs.length);
  for (const doc of docs) {
    assertMatch(doc.name, /^[a-z][a-z0-9]*( [a-z]+){0,2}$/);
    const [first, ...more] = doc.name.split(" ");
    assertEquals(first! in COMMAND_GROUPS, more.length > 0, `${doc.name} is one of a group, or one word`);
    assertMatch(doc.summary, /^[A-Z].*[^.]$/, doc.name);
    assert(doc.description.length > 0 && doc.examples.length > 0, doc.name);
    for (const option of doc.options) {
      assertMatch(option.name, /^[a-z][a-z-]*$/);
      assertMatch(option.summary, /^[^A-Z].*[^.]$|^JSON /, `${doc.name} --${option.name}`);
    }
  }
});

Deno.test("an option takes a value in all commands that have it, or in none, as the completions rely on", () => {
  const takes = new Map<string, boolean>();
  for (const { options } of DOCS) {
    for (const { name, value } of options) {
      assertEquals(takes.get(name) ?? value !== null, value !== null, name);
      takes.set(name, value !== null);
    }
  }
});

Deno.test("every example of the help is a command line that its command takes", async () => {
  let checked = 0;
  for (const doc of DOCS) {
    for (const { command } of doc.examples) {
      for (const words of wordsOf(command)) {
        const name = nameOf(words);
        assert(name !== null, command);
        await CommandLine.read((await findCommandDoc(name))!, words.slice(name.split(" ").length));
        checked++;
      }
    }
  }
  assert(checked >= 40, String(checked));
});

Deno.test("the help of a command shows its options, none that is hidden, and fits into 100 columns", () => {
  for (const doc of DOCS) {
    const text = helpText(doc);
    for (const { name, hidden } of doc.options) assertEquals(text.includes(`--${name}`), hidden !== true, name);
    for (const line of text.split("\n")) assert(line.length <= 100 || line.startsWith("  nano"), line);
  }
});

Deno.test("usageOf() shows arguments and options as manuals do", () => {
  const usage = (name: string) => usageOf(DOCS.find((doc) => doc.name === name)!);
  assertEquals(usage("init"), "nano init [FOLDER] [--from DIR] [--env NAME]");
  assertEquals(usage("check"), "nano check [--config FILE] [--json]");
  assertMatch(usage("queue retry"), /^nano queue retry QUEUE \[ID\]… \[--all\] /);
  assertMatch(usage("eval"), /^nano eval \[SCRIPT\] .*\[--env NAME=VALUE\]… \[-- ARGUMENTS\]$/);
});

Deno.test("the index names every command of the folder under the name that it is written down with", async () => {
  const index = await Deno.readTextFile(new URL("admin/cli/command_index.ts", REPO));
  const found: string[] = [];
  for (const path of await sourceFiles("admin/cli/commands")) {
    assert(index.includes(`import("${path.replace("admin/cli/", "./")}")`), `${path} is missing from the index`);
    const { command, commands } = await import(new URL(path, REPO).href);
    assert(command !== undefined || commands !== undefined, `${path} exports no command`);
    if (command !== undefined) found.push(command.doc.name);
    for (const [name, one] of Object.entries<Command>(commands ?? {})) {
      assertEquals(one.doc.name, name);
      found.push(name);
    }
  }
  assertEquals(found.sort(), [...COMMAND_NAMES].sort());
  for (const name of COMMAND_NAMES) assertEquals((await findCommand(name))?.doc.name, name);
  assertEquals(await findCommand("toString"), null);
});
