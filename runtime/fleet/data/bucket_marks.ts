/**
 * Marks of bytes that may come to belong to nobody: those of a put that is under way, those of an object that is being
 * replaced. Who ends in the middle leaves the mark, and by it the bytes are found and removed a day later.
 */
import type { Reached } from "../nats_session.ts";
import type { BucketContent } from "./bucket_content.ts";
import type { BucketEntry } from "./bucket_entry.ts";
import type { KeyEntries } from "./key_entries.ts";
import { framed, unframed } from "./message_frame.ts";
import type { BucketNames } from "./store_names.ts";

/** From then on nobody is about to refer to what is marked: no put may take as long. */
export const MARKED_MS = 24 * 60 * 60 * 1000;
/** Marks that are looked after at once. */
const SWEPT_AT_ONCE = 100;

/** What it works with. */
export interface BucketMarksTools {
  readonly names: BucketNames;
  readonly entries: KeyEntries<BucketEntry>;
  readonly content: BucketContent;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** What a mark says. */
interface Mark {
  /** Part of the key whose object they are, will be, or were. */
  readonly key: string;
}

/** Of a put that is under way, or of an object that is being replaced. */
export type MarkKind = "put" | "left";

/** All marks of a bucket. */
export class BucketMarks {
  readonly #tools: BucketMarksTools;

  constructor(tools: BucketMarksTools) {
    this.#tools = tools;
  }

  /** Marks bytes of an owner. */
  async set({ js }: Reached, owner: string, key: string, kind: MarkKind): Promise<void> {
    await js.publish(this.#subject(owner, kind), framed({ key } satisfies Mark, new Uint8Array()));
  }

  /** Whether they are marked, as the stream's leader knows it. */
  async has({ jsm }: Reached, owner: string, kind: MarkKind): Promise<boolean> {
    const query = { last_by_subj: this.#subject(owner, kind) };
    return await jsm.streams.getMessage(this.#tools.names.stream, query) !== null;
  }

  /** What was to come to it has come. */
  async clear({ jsm }: Reached, owner: string, kind: MarkKind): Promise<void> {
    await jsm.streams.purge(this.#tools.names.stream, { filter: this.#subject(owner, kind) });
  }

  /** Looks after old ones. */
  async sweep(reached: Reached): Promise<void> {
    const { names: { stream, marks }, entries, content, now } = this.#tools;
    const { state } = await reached.jsm.streams.info(stream, { subjects_filter: `${marks}>` });
    for (const subject of Object.keys(state.subjects ?? {}).slice(0, SWEPT_AT_ONCE)) {
      const message = await reached.jsm.streams.getMessage(stream, { last_by_subj: subject });
      if (message === null || message.time.getTime() > now() - MARKED_MS) continue;
      const owner = subject.slice(marks.length, subject.lastIndexOf("."));
      const { key } = unframed<Mark>(message.data).facts;
      const entry = await entries.newest(reached, key);
      if (entry?.facts.content?.owner !== owner) await content.remove(owner);
      await reached.jsm.streams.purge(stream, { filter: subject });
    }
  }

  #subject(owner: string, kind: MarkKind): string {
    return `${this.#tools.names.marks}${owner}.${kind}`;
  }
}
