/** The process of an app: what it keeps in its folder. */
import type { AppSnapshot } from "../../runtime/mod.ts";
import { StoreSize } from "./views/store_size.tsx";

/** Replaced every few seconds while the page is open. */
export function ProcessPanel({ snapshot: { kept } }: { snapshot: AppSnapshot }) {
  if (kept === null) return null;
  const { bytes, maxBytes, entries, maxEntries } = kept;
  return (
    <section class="card" aria-labelledby="process-title">
      <header>
        <h2 id="process-title">Process</h2>
      </header>
      <dl class="pairs body">
        <dt>Folder data/</dt>
        <dd>
          <StoreSize bytes={bytes} maxBytes={maxBytes} />
        </dd>
        {entries === null ? null : (
          <>
            <dt>Files and folders</dt>
            <dd>{entries.toLocaleString("en")} of {maxEntries.toLocaleString("en")}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
