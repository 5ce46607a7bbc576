/** What came of a change, kept until the page after it shows it. */

/** A message above a page. */
export interface FlashNote {
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
  /** Single mistakes, when there are several. */
  readonly details: readonly string[];
}

/** Notes that no page has fetched; more than any number of people leaves behind. */
const MAX_NOTES = 200;

/** Notes of one session each, by an id that travels in the address; bounded, the oldest go first. */
export class FlashNotes {
  readonly #notes = new Map<string, { readonly session: string; readonly note: FlashNote }>();

  /** @returns the id under which the session may take it once */
  leave(session: string, note: FlashNote): string {
    const oldest = this.#notes.keys().next().value;
    if (oldest !== undefined && this.#notes.size >= MAX_NOTES) this.#notes.delete(oldest);
    const id = crypto.randomUUID();
    this.#notes.set(id, { session, note });
    return id;
  }

  /** The note, which is gone then; null when there is none for this session. */
  take(session: string, id: string | undefined): FlashNote | null {
    if (id === undefined) return null;
    const left = this.#notes.get(id);
    if (left === undefined || left.session !== session) return null;
    this.#notes.delete(id);
    return left.note;
  }
}
