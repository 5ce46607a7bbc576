/** Draws a table as text: aligned columns, cut to the width of the terminal. */
import { harmless, paint, type Style } from "./text_style.ts";

/** A column. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Whether it may be cut when the terminal is too narrow. */
  readonly shrinks?: boolean;
  readonly style?: (row: Row) => Style | null;
}

/** How a table is drawn. */
export interface TableOptions {
  /** Width of the terminal; null cuts nothing. */
  readonly columns: number | null;
  readonly color: boolean;
}

const GAP = "  ";
/** A column is not cut below this. */
const MIN_WIDTH = 8;

/** The lines of a table, its titles first. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions,
): readonly string[] {
  const cells = rows.map((row) => columns.map(({ value }) => harmless(value(row)).replaceAll(/\s*\n\s*/g, " ")));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => widthOf(row[at]!))));
  shrink(widths, columns, options.columns);
  const draw = (texts: readonly string[], style: (at: number) => Style | null) =>
    texts.map((text, at) => {
      const fitted = cut(text, widths[at]!);
      const space = " ".repeat(widths[at]! - widthOf(fitted));
      const painted = paint(fitted, style(at), options.color);
      if (columns[at]!.right === true) return space + painted;
      return at === texts.length - 1 ? painted : painted + space;
    }).join(GAP).trimEnd();
  return [
    draw(columns.map(({ title }) => title), () => "bold"),
    ...rows.map((row, index) => draw(cells[index]!, (at) => columns[at]!.style?.(row) ?? null)),
  ];
}

/** Takes from the widest column that may be cut, until all fit. */
function shrink(widths: number[], columns: readonly Column<never>[], available: number | null): void {
  if (available === null) return;
  const gaps = GAP.length * (widths.length - 1);
  let excess = widths.reduce((sum, width) => sum + width, gaps) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [at, width] of widths.entries()) {
      if (columns[at]!.shrinks === true && width > MIN_WIDTH && (widest === -1 || width > widths[widest]!)) widest = at;
    }
    if (widest === -1) return;
    widths[widest]!--;
    excess--;
  }
}

function widthOf(text: string): number {
  return [...text].length;
}

function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, width - 1).join("")}…`;
}
