import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { esbuildService } from "../../../runtime/bundle/esbuild_service.ts";
import { BundledNano } from "./bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

const PACKAGE_SOURCE = `// what the package's author wrote
export function explode(depth: number): never {
  if (depth > 0) return explode(depth - 1);
  throw new Error("from a package");
}
`;

/** The package as it is published: minified, with a map beside it. */
async function minifiedPackage(): Promise<{ code: string; map: string }> {
  const { outputFiles } = await esbuildService.build({
    stdin: { contents: PACKAGE_SOURCE, loader: "ts", sourcefile: "explode.ts", resolveDir: "/" },
    outfile: "/dist/index.js",
    format: "esm",
    minify: true,
    sourcemap: true,
    write: false,
    absWorkingDir: "/",
  });
  await esbuildService.stopIfIdle();
  return {
    code: outputFiles!.find((f) => f.path.endsWith(".js"))!.text,
    map: outputFiles!.find((f) => f.path.endsWith(".map"))!.text,
  };
}

Deno.test({
  name: "Exceptions in the log name the original file, line and column: sync, async, of packages, in callbacks",
  ...WHOLE_SYSTEM,
  async fn() {
    const { code, map } = await minifiedPackage();
    assertEquals(code.trim().split("\n").length, 2, "the package is not minified");
    await using nano = await BundledNano.start({
      "index.ts": `import { sync, later, ofPackage, timer, shown } from "./src/deep/boom.ts";
const ways: Record<string, () => unknown> = { "/sync": sync, "/later": later, "/package": ofPackage, "/timer": timer, "/shown": shown };
export default { fetch: async (request: Request) => await ways[new URL(request.url).pathname]!() };
`,
      "src/deep/boom.ts": `import { explode } from "kit";
interface Padding { readonly removed: "by the compiler" }
type More = Padding;

export function sync(): never {
  throw new TypeError("sync boom");
}
export async function later() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  const value: More | undefined = undefined;
  return (value as any).absent;
}
export const ofPackage = () => explode(1);
export function timer() {
  setTimeout(() => {
    console.log(new Error("timer boom").stack);
  }, 0);
  return new Response("ok");
}
export function shown() {
  return new Response(new Error("shown", { cause: import.meta.url }).stack);
}
`,
      "node_modules/kit/package.json": '{"name":"kit","version":"1.0.0","module":"./dist/index.js"}',
      "node_modules/kit/dist/index.js": code,
      "node_modules/kit/dist/index.js.map": map,
    });
    assertEquals((await nano.get("/sync")).status, 500);
    const sync = await nano.logged("sync boom");
    assertMatch(sync, /app:\/\/\/src\/deep\/boom\.ts:6:9\b/);
    assertMatch(sync, /app:\/\/\/index\.ts:3:\d+/);
    assertEquals((await nano.get("/later")).status, 500);
    assertMatch(await nano.logged("absent"), /app:\/\/\/src\/deep\/boom\.ts:11:25\b/);
    assertEquals((await nano.get("/package")).status, 500);
    const ofPackage = await nano.logged("from a package");
    assertMatch(ofPackage, /app:\/\/\/node_modules\/kit\/[^:]*explode\.ts:4:9\b/);
    assertMatch(ofPackage, /app:\/\/\/src\/deep\/boom\.ts:13:\d+/);
    assertEquals((await nano.get("/timer")).status, 200);
    assertMatch(await nano.logged("timer boom"), /app:\/\/\/src\/deep\/boom\.ts:16:17\b/);
    assertMatch((await nano.get("/shown")).text, /app:\/\/\/src\/deep\/boom\.ts:21:23\b/);
    for (const text of [sync, ofPackage]) assertEquals(/file:\/\/|\/tmp\//.test(text), false, text);
  },
});

Deno.test({
  name: "An exception at the top level of an app, before and after an await, names its place",
  ...WHOLE_SYSTEM,
  async fn() {
    for (const wait of ["", "await new Promise((resolve) => setTimeout(resolve, 1));"]) {
      const lines: string[] = [];
      await using nano = await BundledNano.start({
        "index.ts": 'import "./src/setup.ts"; export default { fetch: () => new Response("x") };',
        "src/setup.ts": `interface A { a: 1 }\n\n${wait}\nthrow new RangeError("cannot set up");\n`,
      }, lines);
      const { status, text } = await nano.get("/");
      assertEquals(status, 503);
      assertEquals(text.includes("setup.ts"), false, "a client sees the stack");
      assertStringIncludes(nano.failure() ?? "", "cannot set up");
      assertMatch(lines.join("\n"), /app:\/\/\/src\/setup\.ts:4:7\b/);
    }
  },
});

Deno.test({
  name: "An import that is put together at run time fails with words that tell why",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.ts": `export default { async fetch() {
        const name = "./page" + ".ts";
        return new Response(await import(name).then(() => "imported", (error) => error.message));
      } };`,
      "page.ts": "export default 1;",
    });
    const { text } = await nano.get("/");
    assertStringIncludes(text, 'Cannot import "');
    assertStringIncludes(text, "page.ts");
    assertStringIncludes(text, "`./pages/${name}.ts`");
  },
});

Deno.test({
  name: "An app in an isolate imports WebAssembly, bytes and its own modules on demand",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.ts": `import note from "./note.md"; import bytes from "./note.md" with { type: "bytes" };
        import module, { answer } from "./answer.wasm";
        const { sum } = await import("./sum.ts");
        const wasm = [answer(), new WebAssembly.Instance(module).exports.answer()];
        const values = [note, bytes.length, sum(2, 3), wasm, import.meta.url, import.meta.main];
        export default { fetch: () => new Response(JSON.stringify(values)) };`,
      "note.md": "# hi",
      "sum.ts": "export const sum = (a: number, b: number): number => a + b;",
      // `answer(): i32`, 42.
      "answer.wasm": Uint8Array.fromHex(
        "0061736d01000000" + "010501600001" + "7f" + "03020100" + "070a0106616e737765720000" + "0a06010400412a0b",
      ),
    });
    assertEquals(JSON.parse((await nano.get("/")).text), ["# hi", 4, 5, [42, 42], "file:///index.ts", true]);
  },
});
