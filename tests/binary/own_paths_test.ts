/** NANO finds its own files by where its modules are, never by where it was started or built. */
import { assert, assertEquals } from "@std/assert";
import { REPO, sourceFiles } from "../support/repo.ts";

/** What depends on the place, who may say it all the same, and a line that has to be found. */
const PLACES: readonly { readonly what: RegExp; readonly allowed: readonly string[]; readonly example: string }[] = [
  // What users name on the command line is relative to where they are.
  { what: /\b(?:Deno|process)\.cwd\(/, allowed: ["admin/cli/terminal/cli_io.ts"], example: "join(Deno.cwd(), name)" },
  // These are paths inside the binary, which no other process can see. Apps get values of their own for them, and are
  // told how to name their files by them.
  {
    what: /\bimport\.meta\.(?:dirname|filename)\b/,
    allowed: ["runtime/bundle/module_meta.ts", "runtime/bundle/run_time_import.ts"],
    example: "join(import.meta.dirname!, name)",
  },
  // The guardian starts its own program again and knows a compiled one; without Deno nothing is installed, and the
  // processes for SQL and of apps know a compiled one too.
  {
    what: /\bDeno\.(?:execPath|mainModule)\b/,
    allowed: [
      "admin/cli/commands/start.ts",
      "runtime/bundle/install_dependencies.ts",
      "runtime/config/process_tools.ts",
      "runtime/data/sql_process.ts",
      // The first module of an app, which no compiled NANO runs so.
      "runtime/isolate/load_full_app.ts",
      // Whether a user may start what its process is to be.
      "runtime/pool/full_user.ts",
      "runtime/pool/process_child.ts",
    ],
    example: "new Deno.Command(Deno.execPath())",
  },
  // A fixed path of a file: relative to where NANO was started, or absolute. What the kernel tells is no file of NANO's.
  {
    what: /\b(?:readTextFile|readFile|readDir|open|stat|lstat|realPath)(?:Sync)?\(\s*["'`](?!\$\{|\/proc\/|\/dev\/)/,
    allowed: [],
    example: 'Deno.readTextFileSync("admin/page.html")',
  },
  // An import() that only shows at run time where it leads: Deno embeds nothing for it. Isolates have virtual modules.
  // A method of this name has a typed parameter.
  {
    what: /(?<![.\w])import\(\s*(?!\w+: )[^"\s)]/,
    allowed: [
      // Named for the binary by docs/deploy/compile.ts.
      "admin/cli/main.ts",
      "runtime/bundle/eval_entry.ts",
      // Source of an app.
      "runtime/bundle/full_app.ts",
      "runtime/bundle/run_time_import.ts",
      "runtime/bundle/source_phase.ts",
      "runtime/isolate/load_app.ts",
      // And what NANO takes over there, handed to it as a text.
      "runtime/isolate/load_full_app.ts",
      "runtime/isolate/platform/stream_polyfill.ts",
      "runtime/isolate/sandbox/builtin_modules.ts",
    ],
    example: "await import(name)",
  },
];

Deno.test("Code does not look for NANO's own files in the working directory, or by a path of its own making", async () => {
  // What runs in browsers reads no files.
  const files = [...await sourceFiles("admin"), ...await sourceFiles("runtime")]
    .filter((file) => !file.startsWith("admin/dashboard/client/"));
  const sources = await Promise.all(
    files.map(async (file) => [file, code(await Deno.readTextFile(new URL(file, REPO)))] as const),
  );
  for (const { what, allowed } of PLACES) {
    const found = sources.filter(([, text]) => what.test(text)).map(([file]) => file);
    assertEquals(found, allowed, String(what));
  }
});

Deno.test("Each place that NANO must not speak of is recognised", () => {
  for (const { what, example } of PLACES) assert(what.test(code(example)), example);
  assertEquals(code("/** Deno.cwd() */ a; // import.meta.dirname"), " a; ");
});

/** Source text without its comments. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(?<![:"'`\w/])\/\/.*$/gm, "");
}
