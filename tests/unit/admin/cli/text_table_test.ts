/** Tables and values as people see them. */
import { assert, assertEquals } from "@std/assert";
import { barText } from "../../../../admin/cli/terminal/progress.ts";
import { harmless } from "../../../../admin/cli/terminal/text_style.ts";
import { type Column, tableLines } from "../../../../admin/cli/terminal/text_table.ts";

interface Row {
  readonly name: string;
  readonly hosts: string;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "HOSTS", value: ({ hosts }) => hosts, shrinks: true },
  { title: "COUNT", value: ({ count }) => String(count), right: true, style: () => "red" },
];
const ROWS: readonly Row[] = [
  { name: "shop", hosts: "shop.example.com, www.shop.example.com", count: 7 },
  { name: "a-longer-name", hosts: "x", count: 12345 },
];

Deno.test("a table aligns texts at the left and numbers at the right", () => {
  assertEquals(tableLines(ROWS, COLUMNS, { columns: null, color: false }), [
    "NAME           HOSTS                                   COUNT",
    "shop           shop.example.com, www.shop.example.com      7",
    "a-longer-name  x                                       12345",
  ]);
});

Deno.test("a table is cut to the terminal where a column may be cut, and only there", () => {
  const narrow = tableLines(ROWS, COLUMNS, { columns: 40, color: false });
  assertEquals(narrow, [
    "NAME           HOSTS               COUNT",
    "shop           shop.example.com,…      7",
    "a-longer-name  x                   12345",
  ]);
  const tiny = tableLines(ROWS, COLUMNS, { columns: 10, color: false });
  assert(tiny.every((line) => line.includes("a-longer-name") || !line.startsWith("a-")));
  assertEquals(tiny[1], "shop           shop.ex…      7");
});

Deno.test("colours do not move the columns, and a value cannot steer the terminal or break its line", () => {
  const colored = tableLines(ROWS, COLUMNS, { columns: null, color: true });
  assert(colored[1]!.endsWith("    \x1b[31m7\x1b[0m"));
  // deno-lint-ignore no-control-regex
  const plain = colored.map((line) => line.replaceAll(/\x1b\[\d+m/g, ""));
  assertEquals(plain, [...tableLines(ROWS, COLUMNS, { columns: null, color: false })]);
  const evil = tableLines([{ name: "x\x1b[2J\ny", hosts: "", count: 0 }], COLUMNS, { columns: null, color: false });
  assertEquals(evil.length, 2);
  assert(evil[1]!.startsWith("x\\x1b[2J y"));
});

Deno.test("shares are bars, and texts of apps move no cursor", () => {
  assertEquals([0, 0.5, 2].map(barText), [
    `[${"-".repeat(24)}]   0 %`,
    `[${"#".repeat(12)}${"-".repeat(12)}]  50 %`,
    `[${"#".repeat(24)}] 100 %`,
  ]);
  assertEquals(harmless("a\x07b\u202ec\ttab"), "a\\x07b\u202ec\ttab");
});
