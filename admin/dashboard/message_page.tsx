/** Pages that say one thing: nothing is here, it went wrong. */
import { Note, type PageFrame, PageLayout } from "./page_layout.tsx";

/** Nothing is at this address. */
export function NotFoundPage({ frame, what }: { frame: PageFrame; what: string }) {
  return (
    <PageLayout title="Not found" frame={frame}>
      <div class="card empty">
        <h1>Nothing is here</h1>
        <p>{what}</p>
        <p class="buttons centred">
          <a class="button" href="/">All apps</a>
          <a class="button" href="/history">What was changed</a>
        </p>
      </div>
    </PageLayout>
  );
}

/** A change or a page failed. */
export function FailurePage(
  { frame, title, text, details }: { frame: PageFrame; title: string; text: string; details: readonly string[] },
) {
  return (
    <PageLayout title={title} frame={frame}>
      <header class="pagehead">
        <h1>{title}</h1>
      </header>
      <Note note={{ tone: "bad", text, details }} />
      <p class="buttons">
        <a class="button" href="/">All apps</a>
        <a class="button" href="/history">What was changed</a>
      </p>
    </PageLayout>
  );
}
