/** Pieces of Markdown pages: the page with its head, tables, code. */

/** What the head of a page says. */
export interface PageHead {
  readonly title: string;
  /** One sentence, for search engines and link previews. */
  readonly description: string;
  /** Place in the sidebar's group; the title decides without it. */
  readonly order?: number;
}

/** A page of the site. */
export function page(head: PageHead, body: string): string {
  const order = head.order === undefined ? "" : `sidebar:\n  order: ${head.order}\n`;
  // A JSON string is a YAML string.
  return `---\ntitle: ${JSON.stringify(head.title)}\ndescription: ${
    JSON.stringify(head.description)
  }\n${order}---\n\n${body.trim()}\n`;
}

/** A table; cells are Markdown, `|` in them is escaped. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " "))
        .join(" | ")
    } |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A fenced block that no fence inside can end. */
export function fence(language: string, text: string): string {
  const longest = Math.max(
    2,
    ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length),
  );
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}\n${text.replace(/\n$/, "")}\n${ticks}`;
}

/** A value as inline code. */
export function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
