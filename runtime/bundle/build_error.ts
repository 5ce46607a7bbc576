/** Turns esbuild's messages into a NanoError that shows the app's own lines. */

import type { BuildFailure, Message } from "esbuild";
import { join, relative } from "node:path";
import { NanoError } from "../errors.ts";

/** Where the messages come from. */
export interface BuildErrorContext {
  /** What could not be done: `Cannot bundle app "blog"`. */
  readonly action: string;
  /** The folder that stays out of every text: an absolute path, or what else esbuild writes before the names. */
  readonly root: string;
  /** Absolute path of the workspace that it is a part of, whose files have names too. */
  readonly reach?: string;
  /** What to say instead of esbuild's words of a specifier it cannot resolve, or a file that lacks an export. */
  readonly unresolved: ReadonlyMap<string, string>;
}

/**
 * Writes a failed build as one error.
 *
 * @param failure What esbuild threw.
 * @returns APP_FAILED with the first mistake in its message and every mistake, each with its code frame, in `details`.
 */
export function buildError(failure: BuildFailure, context: BuildErrorContext): NanoError {
  const mistakes = failure.errors.map((message) => describe(message, context));
  const first = mistakes[0] ?? { line: "esbuild failed without a message", frame: "" };
  const rest = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : "";
  return new NanoError("APP_FAILED", `${context.action}: ${first.line}${rest}`, {
    cause: failure,
    details: mistakes.map(({ line, frame }) => line + frame),
  });
}

/** A warning of a build in one line, with its place. */
export function buildWarning(message: Message, context: BuildErrorContext): string {
  return describe(message, context).line;
}

/** Whether esbuild threw this because the code does not build. */
export function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && Array.isArray((thrown as Partial<BuildFailure>).errors);
}

function describe(message: Message, context: BuildErrorContext): { line: string; frame: string } {
  const text = withoutRoot(textOf(message, context), context.root);
  const notes = message.notes
    // Advice for those who call esbuild.
    .filter((note) => !note.text.startsWith("You can "))
    .map((note) => `\n  note: ${withoutRoot(note.text, context.root)}`).join("");
  const place = message.location;
  if (place === null) return { line: text, frame: notes };
  // esbuild counts a column in bytes of UTF-8 from 0; people and editors count characters from 1.
  const before = characters(place.lineText, 0, place.column);
  const file = nameOf(withoutRoot(place.file, context.root), context);
  const line = `${file ?? "a file outside the app"}:${place.line}:${before.length + 1}: ${text}`;
  // A line of a file that is not the app's own (a tsconfig.json above it, say) is not shown.
  if (file === null || place.lineText === "") return { line, frame: notes };
  const marked = characters(place.lineText, place.column, place.column + place.length);
  const gutter = `  ${place.line} | `;
  const indent = " ".repeat(gutter.length) + before.replaceAll(/[^\t]/g, " ");
  return { line, frame: `\n${gutter}${place.lineText}\n${indent}${"^".repeat(Math.max(1, marked.length))}${notes}` };
}

/** From the app's folder, or from its workspace; null for what lies above both. */
function nameOf(file: string, { root, reach = root }: BuildErrorContext): string | null {
  if (!file.startsWith("..")) return file;
  const name = relative(reach, join(root, file));
  return name.startsWith("..") ? null : name;
}

function textOf(message: Message, context: BuildErrorContext): string {
  const subject = /^(?:Could not resolve|No matching export in) "(.*?)"/.exec(message.text)?.[1];
  return (subject === undefined ? undefined : context.unresolved.get(subject)) ?? message.text;
}

function withoutRoot(text: string, root: string): string {
  return text.replaceAll(`${root}/`, "").replaceAll(root, ".");
}

function characters(text: string, startByte: number, endByte: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(startByte, endByte));
}
