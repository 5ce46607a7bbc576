/** Lets a file's own comment choose its JSX transform, as TypeScript has it. */

const COMMENT = /\/\*[^]*?\*\/|\/\/.*/g;
const FACTORY = /@jsx(?:Frag)?\s+[\w$.]+/g;
const CHOSEN = /@jsx(?:Runtime|ImportSource)\s/;

/**
 * A file that names its factory by `@jsx` or `@jsxFrag` asks for the classic transform; esbuild keeps to the project's
 * unless `@jsxRuntime` says so too.
 */
export function withJsxRuntime(text: string): string {
  if (!text.includes("@jsx")) return text;
  const comments = text.match(COMMENT) ?? [];
  const named = comments.flatMap((comment) => comment.match(FACTORY) ?? []);
  if (named.length === 0 || comments.some((comment) => CHOSEN.test(comment))) return text;
  // At the end, where it moves no line; with the names, which esbuild does not find in a comment of several lines.
  return `${text}\n/* @jsxRuntime classic ${named.join(" ")} */`;
}
