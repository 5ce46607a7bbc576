/** The rows of a log: a line, and what is said between lines. */
import type { LogLine } from "../../../runtime/mod.ts";
import { clockText } from "../../schemas/figures.ts";

/** What a row shows of a line. */
export type ShownLine = Pick<LogLine, "id" | "at" | "level" | "kind" | "text">;

/** One line. */
export function LogRow({ line: { id, at, level, kind, text } }: { line: ShownLine }) {
  return (
    <li data-id={id} data-level={level} data-kind={kind}>
      <time datetime={new Date(at).toISOString()}>{clockText(at)}</time>
      <span class="level">{level}</span>
      <span class="text">{text}</span>
    </li>
  );
}

/** Lines that are left out. */
export function GapRow({ text }: { text: string }) {
  return <li class="gap">{text}</li>;
}

/** Stands in for the lines until one comes. */
export function EmptyRow({ text }: { text: string }) {
  return <li class="empty" data-empty>{text}</li>;
}
