/** How many requests got which status, and how many did not end well. */
import { STATUS_TEXT } from "@std/http";
import type { AppDetails } from "./app_details.ts";

/** Replaced every few seconds while the page is open. */
export function StatusPanel({ details: { statuses, unfinished, summary } }: { details: AppDetails }) {
  const most = Math.max(1, ...statuses.map(([, count]) => count));
  return (
    <section class="card" aria-labelledby="statuses-title">
      <header>
        <h2 id="statuses-title">Requests by status</h2>
        <span class="muted small">{summary.requests.toLocaleString("en")} since it was added</span>
      </header>
      {statuses.length === 0
        ? <p class="empty">No request yet. Open one of its hosts in a browser.</p>
        : (
          <ul class="body statuses">
            {statuses.map(([status, count]) => (
              <li data-class={String(status).charAt(0)}>
                <strong title={nameOf(status)}>{status}</strong>
                <meter min={0} max={most} value={count} aria-label={`${status}: ${count} requests`}></meter>
                <span class="muted">{count.toLocaleString("en")}</span>
              </li>
            ))}
          </ul>
        )}
      {unfinished.length > 0 && (
        <p class="body muted small" id="unfinished">
          Not done: {unfinished.map(([end, count]) => `${count.toLocaleString("en")} ${end}`).join(", ")}
        </p>
      )}
    </section>
  );
}

function nameOf(status: number): string {
  if (status === 499) return "The client went away";
  return STATUS_TEXT[status as keyof typeof STATUS_TEXT] ?? "";
}
