/** Holds the public API of mod.ts against its snapshot, so that no change of it goes unseen. */
import { assert, assertEquals } from "@std/assert";
import { describeApi } from "./support/describe_api.ts";
import { REPO } from "./support/repo.ts";

const SNAPSHOT = new URL("public_api.snapshot.txt", import.meta.url);

Deno.test("Public API of mod.ts is that of the snapshot", async () => {
  const actual = await describeApi(new URL("mod.ts", REPO));
  if (Deno.env.get("NANO_UPDATE") === "1") await Deno.writeTextFile(SNAPSHOT, actual);
  const refresh = "the public API changed; if that is meant, run NANO_UPDATE=1 deno task test and read the difference";
  assertEquals(actual.split("\n"), (await Deno.readTextFile(SNAPSHOT)).split("\n"), refresh);
});

async function describeSource(source: string): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "nano-api-" });
  try {
    await Deno.writeTextFile(`${dir}/mod.ts`, source);
    return await describeApi(new URL(`file://${dir}/mod.ts`));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("describeApi() names every export with its kind, sorted", async () => {
  const text = await describeSource(
    "export class B {}\nexport interface A {}\nexport type C = A;\nexport function d(): void {}\nconst hidden = 1;\nvoid hidden;\n",
  );
  assertEquals(text.split("\n").filter((line) => /^\w/.test(line)), ["interface A", "class B", "type C", "function d"]);
});

Deno.test("describeApi() shows a changed parameter, return type, member, option and default of a type", async () => {
  const plain = await describeSource("export function f(a: string): number { return a.length; }\n");
  for (
    const changed of [
      "export function f(b: string): number { return b.length; }\n",
      "export function f(a?: string): number { return a?.length ?? 0; }\n",
      "export function f(a: string[]): number { return a.length; }\n",
      "export function f(a: string): number | null { return a.length; }\n",
      "export async function f(a: string): Promise<number> { return await a.length; }\n",
      "export function f<T>(a: string): number { return a.length; }\n",
    ]
  ) {
    assert(plain !== await describeSource(changed), changed);
  }
});

Deno.test("describeApi() does not change with comments, bodies and places", async () => {
  const plain = await describeSource("export class A { #x = 1; get x(): number { return this.#x; } }\n");
  const moved = await describeSource(
    "\n\n/** Docs. */\nexport class A {\n  #x = 2;\n  /** More. */\n  get x(): number { return this.#x + 1; }\n}\n",
  );
  assertEquals(moved, plain);
});
