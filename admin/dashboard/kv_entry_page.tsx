/** One entry of a KV namespace: its value, to edit, to download, to delete. */
import type { FlashNote } from "./flash_notes.ts";
import { keyPath, namespacePath } from "./kv_paths.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { type DataQuestion, QuestionDialog } from "./question_card.tsx";
import { StoreHeading } from "./store_heading.tsx";
import { bytesText } from "../schemas/figures.ts";
import { TextArea, TextField } from "./text_field.tsx";

/** What is typed of an entry. */
export interface KvEntryForm {
  readonly key: string;
  readonly value: string;
  /** JSON, or "". */
  readonly metadata: string;
  /** Seconds since the epoch, or "". */
  readonly expiration: string;
}

/** Nothing typed yet. */
export const EMPTY_ENTRY: KvEntryForm = { key: "", value: "", metadata: "", expiration: "" };

/** What the page shows. */
export interface KvEntryView {
  readonly namespace: string;
  readonly form: KvEntryForm;
  /** Of the value. */
  readonly bytes: number;
  /** Whether a text field can hold the value as it is. */
  readonly isText: boolean;
  readonly problem: FlashNote | null;
}

/** The page. */
export function KvEntryPage({ frame, view }: { frame: PageFrame; view: KvEntryView }) {
  const { namespace, form, bytes, isText, problem } = view;
  const path = keyPath(namespace, form.key);
  const above = [{ text: namespace, href: namespacePath(namespace) }];
  const download = `/admin/kv/${encodeURIComponent(namespace)}/values/${encodeURIComponent(form.key)}`;
  return (
    <PageLayout title={form.key} frame={frame}>
      <StoreHeading view={{ above, name: form.key, isKey: true, facts: `KV entry, ${bytesText(bytes)}` }}>
        <a class="button" href={download} download={form.key}>Download</a>
        <a class="button danger" href={`${path}/delete`} data-dialog="delete-dialog">Delete</a>
      </StoreHeading>
      {problem === null ? null : <Note note={problem} />}
      {isText
        ? (
          <form method="post" action={path} class="card">
            <div class="body">
              <CsrfField csrf={frame.csrf} />
              <EntryFields form={form} />
              <div class="buttons">
                <button type="submit" class="button primary" data-busy="Saving…">Save</button>
                <a class="button" href={namespacePath(namespace)}>Cancel</a>
              </div>
            </div>
          </form>
        )
        : (
          <section class="card">
            <p class="empty">
              This value is no text that can be edited here. Download it, or change it with{" "}
              <code>nano kv key put --path FILE</code>.
            </p>
          </section>
        )}
      <QuestionDialog id="delete-dialog" question={keyDeletion(namespace, form.key)} csrf={frame.csrf} />
    </PageLayout>
  );
}

/** The question before a key is deleted. */
export function keyDeletion(namespace: string, key: string): DataQuestion {
  return {
    title: `Delete ${key}?`,
    text: "The value is gone for good, and the next request of an app does not find it.",
    button: "Delete",
    busy: "Deleting…",
    action: `${keyPath(namespace, key)}/delete`,
    back: keyPath(namespace, key),
  };
}

/** Value, metadata and expiration. */
export function EntryFields({ form: { value, metadata, expiration } }: { form: KvEntryForm }) {
  return (
    <>
      <TextArea name="value" label="Value" value={value} maxRows={24} />
      <TextField
        name="metadata"
        label="Metadata"
        value={metadata}
        placeholder='{ "type": "page" }'
        hint="JSON that lists show without the value, or nothing."
      />
      <TextField
        name="expiration"
        label="Expires"
        value={expiration}
        inputmode="numeric"
        hint="In seconds since 1970; +3600 is an hour from now; nothing is never. At least a minute ahead."
      />
    </>
  );
}
