/** Gives the code of npm packages the timers of Node, as Deno does: objects with `unref`, where the web has numbers. */

const NAMES = ["setTimeout", "setInterval"];
/** What only Node's timers have. A file that says none of it cannot tell them from numbers. */
const OF_NODE = /\b(?:unref|hasRef|refresh)\b/;

/**
 * The text of a package's file, with timers of Node where it uses theirs.
 *
 * Functions at the end of a file are there from its beginning, in CommonJS and in modules, and no line moves.
 */
export function withNodeTimers(text: string): string {
  if (!OF_NODE.test(text)) return text;
  const added = NAMES.filter((name) => isCalled(text, name) && !isDeclared(text, name)).map((name) =>
    `\nfunction ${name}(...given) { return require("node:timers").${name}(...given); }`
  );
  return text + added.join("");
}

function isCalled(text: string, name: string): boolean {
  return new RegExp(`(?<![.\\w$])${name}\\s*\\(`).test(text);
}

/** Whether the file may have a name of its own like this: declared, imported or taken out of an object. */
function isDeclared(text: string, name: string): boolean {
  return new RegExp(`\\b(?:function|const|let|var|class|as)\\s+${name}\\b|[{,]\\s*${name}\\s*[,}=]`).test(text);
}
