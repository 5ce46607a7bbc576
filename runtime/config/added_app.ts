/** Adds an app to the text of a nano.json; comments and layout of what is there stay. */
import { applyEdits, findNodeAtLocation, modify, parseTree } from "jsonc-parser";
import { parseJsonDocument } from "./json_document.ts";

/** Blanks and comments up to the end of a line. */
const REST_OF_LINE = /(?:[ \t]|\/\*.*?\*\/)*(?:\/\/[^\r\n]*)?(?=\r?\n|$)/y;
/** Blanks and comments, then a comma. */
const COMMA = /(?:\s|\/\*[^]*?\*\/|\/\/[^\n]*\n)*,/y;

/**
 * The text with the entry behind the others.
 *
 * @param text of nano.json
 * @throws {JsonSyntaxError} when it is no JSON
 * @throws {TypeError} when it has no place for apps, or one of the name
 */
export function withAddedApp(text: string, entry: { readonly name: string }): string {
  const { value } = parseJsonDocument(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("it holds no object");
  const { apps } = value as { apps?: unknown };
  if (apps !== undefined && !Array.isArray(apps)) throw new TypeError('its "apps" is no list');
  if (apps?.some((app: { name?: unknown } | null) => app?.name === entry.name)) {
    throw new TypeError(`it has an app "${entry.name}" already`);
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const [, indent = "  "] = /^([ \t]+)\S/m.exec(text) ?? [];
  const last = apps === undefined ? undefined : lastApp(text, apps.length);
  if (last === undefined) {
    const formattingOptions = { insertSpaces: !indent.includes("\t"), tabSize: indent.length, eol, keepLines: true };
    return applyEdits(text, modify(text, ["apps"], [entry], { formattingOptions }));
  }
  const end = last.offset + last.length;
  const before = /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", last.offset) + 1))![0];
  const written = JSON.stringify(entry, null, indent).replaceAll("\n", eol + before);
  // A comment behind the last app is about that one.
  COMMA.lastIndex = end;
  const comma = COMMA.exec(text)?.[0].length;
  REST_OF_LINE.lastIndex = end + (comma ?? 0);
  const place = REST_OF_LINE.lastIndex + (REST_OF_LINE.exec(text)?.[0].length ?? 0);
  const head = comma === undefined ? `${text.slice(0, end)},${text.slice(end, place)}` : text.slice(0, place);
  return `${head}${eol}${before}${written}${comma === undefined ? "" : ","}${text.slice(place)}`;
}

function lastApp(text: string, count: number) {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return tree === undefined || count === 0 ? undefined : findNodeAtLocation(tree, ["apps", count - 1]);
}
