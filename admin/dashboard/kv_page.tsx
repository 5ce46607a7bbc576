/** The keys of a KV namespace, to look through and to add to. */
import type { KvKeyPage, KvNamespaceView } from "../../runtime/mod.ts";
import type { FlashNote } from "./flash_notes.ts";
import { EntryFields, type KvEntryForm } from "./kv_entry_page.tsx";
import { keyPath, namespacePath } from "./kv_paths.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { Paging } from "./paging.tsx";
import { StoreHeading } from "./store_heading.tsx";
import { countedText } from "./views/counted_text.ts";
import { momentText } from "./views/moment_text.ts";
import { TextField } from "./text_field.tsx";

/** What the page shows. */
export interface KvView {
  readonly namespace: KvNamespaceView;
  readonly page: KvKeyPage;
  readonly prefix: string;
  /** Whether this is not the first page. */
  readonly isLater: boolean;
  /** What was typed for a new entry, and why it was refused, or null. */
  readonly form: KvEntryForm;
  readonly problem: FlashNote | null;
}

/** The page. */
export function KvPage({ frame, view }: { frame: PageFrame; view: KvView }) {
  const { namespace: { name, keys, hasMoreKeys, bytes, maxBytes, uses }, page, prefix, isLater, form, problem } = view;
  const path = namespacePath(name);
  const filter = prefix === "" ? "" : `?prefix=${encodeURIComponent(prefix)}`;
  const facts = `KV namespace, ${countedText(keys, "key", hasMoreKeys)}`;
  return (
    <PageLayout title={name} frame={frame}>
      <StoreHeading view={{ name, facts, size: { bytes, maxBytes }, uses }}>
        <a class="button" href="#new-title">New entry</a>
      </StoreHeading>
      <form class="toolbar" method="get" action={path}>
        <label for="prefix">Prefix</label>
        <input id="prefix" name="prefix" type="search" value={prefix} placeholder="All keys" class="appfilter" />
        <button type="submit" class="button">Show</button>
      </form>
      <div class="stack">
        <section class="card" aria-label="Keys">
          {page.keys.length === 0
            ? <p class="empty">{prefix === "" ? "Nothing is kept here." : "No key begins with this."}</p>
            : (
              <table class="list stacked keys">
                <thead>
                  <tr>
                    <th scope="col">Key</th>
                    <th scope="col">Expires</th>
                    <th scope="col">Metadata</th>
                  </tr>
                </thead>
                <tbody>
                  {page.keys.map((key) => (
                    <tr>
                      <td class="long">
                        <a class="mono" href={keyPath(name, key.name)}>{key.name}</a>
                      </td>
                      <td class="muted nowrap" data-label="Expires">
                        {key.expiration === null ? "never" : momentText(key.expiration * 1000)}
                      </td>
                      <td class="long" data-label="Metadata">
                        {key.metadata === null ? "–" : <code>{key.metadata}</code>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
        </section>
        <Paging href={`${path}${filter}`} isLater={isLater} cursor={page.cursor} />
        <section class="card narrow" aria-labelledby="new-title">
          <header>
            <h2 id="new-title">New entry</h2>
          </header>
          <form method="post" action={path} class="body">
            <CsrfField csrf={frame.csrf} />
            {problem === null ? null : <Note note={problem} />}
            <TextField name="key" label="Key" value={form.key} required />
            <EntryFields form={form} />
            <div class="buttons">
              <button type="submit" class="button primary" data-busy="Saving…">Save</button>
            </div>
          </form>
        </section>
      </div>
    </PageLayout>
  );
}
