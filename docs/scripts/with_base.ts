/** Lets the site lie below a path of its host, such as /nano on GitHub Pages. */

/** A link or a picture from the site's root: in Markdown, as a definition, or as an attribute of HTML. */
const FROM_ROOT = /(\]\(<?|^ {0,3}\[[^\]]+\]:\s*<?|\b(?:href|src|poster|action)=["'])\/(?!\/)/g;
/** Pictures to choose from; each may lie at the root. */
const SRCSET = /\bsrcset=(["'])(.*?)\1/g;
const FENCE = /^\s*(`{3,}|~{3,})(.*)$/;
const CODE_SPAN = /(`+)(?!`).*?[^`]\1(?!`)/g;

/**
 * The base as Astro takes it: "" for the root of a host, else a path with a slash before it and none behind.
 * @throws Error when it is no path
 */
export function baseOf(written: string | undefined): string {
  const names = (written ?? "").split("/").filter((name) => name !== "");
  if (names.some((name) => !/^[\w.~-]+$/.test(name))) throw new Error(`Cannot build below "${written}": it is no path`);
  return names.map((name) => `/${name}`).join("");
}

/** A page whose links from the root lead below the base; what stands in code is text. */
export function withBase(markdown: string, base: string): string {
  if (base === "") return markdown;
  let fence: string | null = null;
  return markdown.split("\n").map((line) => {
    const [, marks = "", info = ""] = FENCE.exec(line) ?? [];
    if (fence === null && marks !== "") fence = marks;
    else if (fence !== null && marks.startsWith(fence) && info.trim() === "") fence = null;
    else if (fence === null) return lineWithBase(line, base);
    return line;
  }).join("\n");
}

function lineWithBase(line: string, base: string): string {
  let done = "";
  let at = 0;
  for (const { 0: code, index } of line.matchAll(CODE_SPAN)) {
    done += textWithBase(line.slice(at, index), base) + code;
    at = index + code.length;
  }
  return done + textWithBase(line.slice(at), base);
}

function textWithBase(text: string, base: string): string {
  return text.replace(FROM_ROOT, `$1${base}/`).replace(
    SRCSET,
    (all, _quote, list: string) => all.replace(list, () => list.replace(/(^|,\s*)\/(?!\/)/g, `$1${base}/`)),
  );
}
