/** Lets the site lie below a path of its host, such as /nano on GitHub Pages. */

/** A link or a picture from the site's root, in Markdown or HTML. */
const FROM_ROOT = /(\]\(|\b(?:href|src)=")\/(?!\/)/g;
const FENCE = /^(```|~~~)/;

/**
 * The base as Astro takes it: "" for the root of a host, else a path with a slash before it and none behind.
 * @throws Error when it is no path
 */
export function baseOf(written: string | undefined): string {
  const names = (written ?? "").split("/").filter((name) => name !== "");
  if (names.some((name) => !/^[\w.~-]+$/.test(name))) throw new Error(`Cannot build below "${written}": it is no path`);
  return names.map((name) => `/${name}`).join("");
}

/** A page whose links from the root lead below the base; what stands in code blocks is text. */
export function withBase(markdown: string, base: string): string {
  if (base === "") return markdown;
  let inCode = false;
  return markdown.split("\n").map((line) => {
    if (FENCE.test(line.trimStart())) inCode = !inCode;
    return inCode ? line : line.replace(FROM_ROOT, `$1${base}/`);
  }).join("\n");
}
