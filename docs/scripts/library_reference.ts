/** The reference page of NANO as a library, from what `deno doc` says of mod.ts. */
import { denoDoc } from "./deno_doc.ts";
import { fence, page } from "./markdown.ts";

/** An export. */
export interface LibraryExport {
  readonly name: string;
  /** `class`, `function`, `interface`, … */
  readonly kind: string;
  readonly signature: string;
  /** Its docs, tags included, as `deno doc` prints them. */
  readonly docs: string;
  /** Of a class or interface, with their docs as comments. */
  readonly members: string;
}

/** In the order of the page. */
const KINDS: readonly (readonly [kind: string, title: string])[] = [
  ["class", "Classes"],
  ["function", "Functions"],
  ["const", "Values"],
  ["interface", "Interfaces"],
  ["type", "Types"],
];

/** The page. */
export async function libraryReference(): Promise<string> {
  const all = readExports(await denoDoc("mod.ts"));
  const sections = KINDS.flatMap(([kind, title]) => {
    const some = all.filter((one) => one.kind === kind).toSorted((one, other) => one.name < other.name ? -1 : 1);
    return some.length === 0 ? [] : [`## ${title}`, ...some.map(section)];
  });
  return page(
    {
      title: "Library",
      description: "What mod.ts exports: NANO as a part of your own program.",
      order: 7,
    },
    `A program of your own can run NANO: \`import { loadConfig, Nano } from "./mod.ts"\`. Start it with the V8 flags of
task \`start\` in deno.json. Without them some endless loops of apps cannot be ended.

${sections.join("\n\n")}`,
  );
}

/**
 * Reads the text of `deno doc`.
 * @throws Error when a declaration is of a kind that the page would drop
 */
export function readExports(text: string): LibraryExport[] {
  return text.split(/^Defined in .*\n/m).slice(1).map((part) => {
    const [, ...lines] = part.trimEnd().split("\n");
    const at = lines.findIndex((line) => line.startsWith("  ") || line === "");
    const signature = lines.slice(0, at === -1 ? undefined : at).join("\n");
    const words = /^(?:declare |abstract |private |async )*(class|function|const|interface|type) (\w+)/
      .exec(signature);
    if (words === null) {
      throw new Error(`Cannot place the export "${signature.slice(0, 80)}"`);
    }
    const [, kind = "", name = ""] = words;
    const rest = at === -1 ? [] : lines.slice(at);
    // Docs of a class stand before its members, and a blank line between; both are indented alike.
    const isHolder = kind === "class" || kind === "interface";
    const firstMember = isHolder ? firstMemberOf(rest) : rest.length;
    return {
      name,
      kind,
      signature: kind === "const" ? signature.replace(/: \{.*/, "") : signature,
      docs: unindented(rest.slice(0, firstMember), 2).trim(),
      members: membersText(rest.slice(firstMember)),
    };
  });
}

/** Docs end with the blank line that no indented tag follows. */
function firstMemberOf(lines: readonly string[]): number {
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] !== "") continue;
    const next = lines.slice(at).find((line) => line !== "");
    if (next === undefined || !/^ {2}@|^ {6}/.test(next)) return at;
  }
  return lines.length;
}

/** Members, each under its docs as a comment; private ones are nobody's business. */
function membersText(lines: readonly string[]): string {
  const members = lines.join("\n").trim().split(/^(?! {4}|$)(?: {2})?/m).filter((one) => !one.startsWith("private "));
  return members.map((member) => {
    const [head = "", ...docs] = member.trimEnd().split("\n");
    const text = unindented(docs, 4).replace(/^@(\w+ ?.*)\n {4}/gm, "@$1: ").split("\n").filter((line) => line !== "");
    return [...text.flatMap((line) => commentLines(linked(line).replaceAll("`", ""))), `  ${head}`].join("\n");
  }).join("\n");
}

/** A comment that fits into the page's column. */
function commentLines(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 72) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  // ${word}`);
  }
  return lines;
}

function unindented(lines: readonly string[], columns: number): string {
  return lines.map((line) => line.slice(columns)).join("\n");
}

function section({ name, signature, docs, members }: LibraryExport): string {
  const [text = "", ...tags] = docs.split(/^(?=@)/m);
  const body = members === "" ? signature : `${signature} {\n${members}\n}`;
  return [
    `### ${name}`,
    linked(text.trim()),
    fence("ts", body),
    ...tags.map(tagText),
  ].filter((one) => one !== "")
    .join("\n\n");
}

/** `@throws {NanoError}` and its indented text; examples stay code. */
function tagText(tag: string): string {
  const [head = "", ...lines] = tag.trimEnd().split("\n");
  const [, name = "", rest = ""] = /^@(\w+)\s*(.*)$/.exec(head) ?? [];
  const text = unindented(lines, 4).trim();
  if (name === "example") return text.replace(/^(`{3,}\w+) .*$/m, "$1");
  const what = rest.replace(/[{}]/g, "");
  return `- _${name}_${what === "" ? "" : ` \`${what}\``}: ${linked(text)}`;
}

/** `{@linkcode Name}` as code. */
function linked(text: string): string {
  return text.replace(/\{@link(?:code)? ([^}]+)\}/g, "`$1`");
}
