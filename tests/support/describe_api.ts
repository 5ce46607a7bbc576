/** Describes the exports of a module as text, from `deno doc --json`: names, kinds and signatures. */
import { fromFileUrl } from "./repo.ts";

interface Declaration {
  readonly kind: string;
  readonly def?: unknown;
}
interface DocOutput {
  readonly nodes: Readonly<
    Record<string, { readonly symbols?: readonly { readonly name: string; readonly declarations: Declaration[] }[] }>
  >;
}

/** What moves without a change of the API: places, comments, bodies. */
const NOISE = new Set(["location", "jsDoc", "hasBody", "declarationKind"]);

/**
 * One block per export, sorted by name: `kind name`, then its signature as indented JSON.
 * @throws Error when deno cannot read the module
 */
export async function describeApi(module: URL): Promise<string> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", fromFileUrl(module)],
    // Deno 2.9.6 colours some types in the JSON as well, and also where no terminal reads it.
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!output.success) throw new Error(`Cannot read the docs: ${new TextDecoder().decode(output.stderr)}`);
  const doc = JSON.parse(new TextDecoder().decode(output.stdout)) as DocOutput;
  const symbols = Object.values(doc.nodes).flatMap((node) => node.symbols ?? []);
  return symbols
    .toSorted((one, other) => one.name < other.name ? -1 : 1)
    .flatMap(({ name, declarations }) => declarations.map((one) => block(name, one)))
    .join("\n");
}

function block(name: string, declaration: Declaration): string {
  // "typeAlias" and "variable" read better as they are written
  const kind = declaration.kind.replace("typeAlias", "type").replace("variable", "const");
  const signature = JSON.stringify(reduce(declaration.def), null, 2) ?? "";
  return `${kind} ${name}\n${signature.replace(/^/gm, "  ")}\n`;
}

function reduce(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reduce);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const { repr, kind, value: inner } = value as { repr?: unknown; kind?: unknown; value?: unknown };
  const hasArguments = JSON.stringify(inner ?? null).includes('"typeParams"');
  if (typeof repr === "string" && repr !== "" && typeof kind === "string" && !hasArguments) return repr;
  return Object.fromEntries(
    entries.filter(([key]) => !NOISE.has(key) && key !== "repr").map(([key, one]) => [key, reduce(one)]),
  );
}
