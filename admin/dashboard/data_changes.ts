/** What the pages of all kinds of stores do with a change: tell what came of it, or what is wrong. */
import { messageOf, NanoError } from "../../runtime/mod.ts";
import type { FlashNote } from "./flash_notes.ts";

/** What was refused is told on the page that asked; what is no refusal, or has no page, is thrown. */
export async function unlessRefused(
  run: () => Promise<Response>,
  refused: (problem: FlashNote, status: number) => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof NanoError) || error.code === "INTERNAL" || error.code === "NOT_FOUND") throw error;
    return await refused({ tone: "bad", text: messageOf(error), details: error.details }, error.status);
  }
}

/** What went well. */
export function good(text: string): FlashNote {
  return { tone: "good", text, details: [] };
}

/** A form sends every line's end as two characters. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
