/** What happens in NANO, as it happens. */
import { type PageFrame, PageLayout } from "./page_layout.tsx";

/** The feed; the script fills it. */
export function EventsPage({ frame }: { frame: PageFrame }) {
  return (
    <PageLayout title="Events" frame={frame} script="events.js">
      <header class="pagehead">
        <h1>Events</h1>
        <p>Starts, exits, deploys, reloads and warnings from now on. Past changes are in the history.</p>
      </header>
      <noscript>
        <p class="note">
          The feed needs JavaScript. <code>nano logs --follow</code> shows the same, and the{" "}
          <a href="/history">history</a> works without.
        </p>
      </noscript>
      <section class="card" aria-label="Events">
        <form class="logbar" id="event-filters" aria-label="Filter the events">
          <input name="q" type="search" placeholder="App, event or text" aria-label="Filter" autocomplete="off" />
          <button type="button" class="button" id="events-pause" aria-pressed="false">Pause</button>
          <button type="button" class="button" id="events-clear">Clear</button>
        </form>
        <ol class="log events" id="events" tabindex={0} role="log" aria-label="Events">
          <li class="empty" data-empty>
            Nothing has happened since you opened this page. Restart an app to see it here.
          </li>
        </ol>
      </section>
    </PageLayout>
  );
}
