/** How arguments are read. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CliError } from "../../../../admin/process/cli_error.ts";
import type { CommandDoc } from "../../../../admin/cli/line/command_doc.ts";
import { CommandLine } from "../../../../admin/cli/line/command_line.ts";

const DOC: CommandDoc = {
  name: "probe",
  summary: "Probe",
  description: ["Probes."],
  arguments: [{ name: "FIRST", required: true }, { name: "SECOND", required: false }],
  rest: null,
  options: [
    { name: "text", value: "TEXT", summary: "a text" },
    { name: "many", value: "TEXT", summary: "texts", repeats: true },
    { name: "on", value: null, summary: "a flag" },
    { name: "count", value: "N", summary: "a number" },
  ],
  examples: [],
  exitCodes: {},
  online: false,
};

Deno.test("CommandLine reads options in every place, in both spellings, repeated where that is allowed", async () => {
  const line = await CommandLine.read(DOC, ["--text=a=b", "one", "--on", "two", "--many", "x", "--many=y"]);
  assertEquals([line.text("text"), line.list("many"), line.flag("on")], ["a=b", ["x", "y"], true]);
  assertEquals([line.required("FIRST"), line.argument("SECOND")], ["one", "two"]);
  const stdin = await CommandLine.read(DOC, ["--text", "-", "-", "--many", "-", "--many", "x"]);
  assertEquals([stdin.text("text"), stdin.argument("FIRST"), stdin.list("many")], ["-", "-", ["-", "x"]]);
  const bare = await CommandLine.read(DOC, ["one"]);
  assertEquals([bare.text("text"), bare.list("many"), bare.flag("on"), bare.argument("SECOND")], [
    null,
    [],
    false,
    null,
  ]);
});

Deno.test("CommandLine takes what follows -- for arguments, or keeps it for commands that pass it on", async () => {
  const line = await CommandLine.read(DOC, ["one", "--", "--two"]);
  assertEquals([line.argument("SECOND"), line.rest], ["--two", []]);
  const passing = await CommandLine.read({ ...DOC, rest: "ARGUMENTS" }, ["one", "--", "--two", "three"]);
  assertEquals([passing.argument("SECOND"), passing.rest], [null, ["--two", "three"]]);
});

Deno.test("CommandLine takes any number of a last argument that repeats", async () => {
  const doc = { ...DOC, arguments: [DOC.arguments[0]!, { name: "ID", required: false, repeats: true }] };
  const all = async (...args: string[]) => (await CommandLine.read(doc, args)).all("ID");
  assertEquals([await all("one"), await all("one", "a"), await all("one", "a", "--on", "b", "--", "--c")], [
    [],
    ["a"],
    ["a", "b", "--c"],
  ]);
});

Deno.test("CommandLine refuses what is missing, too much or no number", async () => {
  const cases: [string[], string][] = [
    [[], "Argument FIRST is missing"],
    [["a", "b", "c"], 'Unexpected argument "c"'],
    [["a", "--text"], 'Option "--text" needs a value'],
    [["a", "--text", "x", "--text", "y"], 'Option "--text" was given 2 times'],
    [["a", "--txt", "x"], 'Unknown option "--txt". Did you mean "--text"?'],
  ];
  for (const [args, message] of cases) {
    const error = await assertRejects(() => CommandLine.read(DOC, args), CliError);
    assertEquals([error.code, error.message], ["USAGE", message]);
  }
  for (const text of ["-1", "1.5", "x", "6"]) {
    const line = await CommandLine.read(DOC, ["a", `--count=${text}`]);
    const error = assertThrows(() => line.whole("count", { min: 0, max: 5 }), CliError);
    assertEquals(error.message, `Option "--count" needs a whole number from 0 to 5, not "${text}"`);
  }
  assertEquals((await CommandLine.read(DOC, ["a", "--count=5"])).whole("count", { min: 0, max: 5 }), 5);
});

Deno.test("CommandLine throws for a name that is not written down: a command and its help cannot drift apart", async () => {
  const line = await CommandLine.read(DOC, ["one"]);
  assertThrows(() => line.text("other"), TypeError, "takes no option --other");
  assertThrows(() => line.argument("OTHER"), TypeError, "takes no argument OTHER");
});
