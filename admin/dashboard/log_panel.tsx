/** The app's log: its last lines as they are, and live with filters once the script runs. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { LogLine } from "../../runtime/mod.ts";
import { EmptyRow, LogRow } from "./views/log_row.tsx";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
const KINDS = [
  { value: "console", label: "Console" },
  { value: "exception", label: "Exceptions" },
  { value: "request", label: "Requests" },
  { value: "life", label: "Life" },
] as const;

const NOTHING_YET = "Nothing yet. What the app writes with console.log, its exceptions and its requests appear here.";

/** @param lines oldest first */
export function LogPanel({ lines }: { lines: readonly LogLine[] }) {
  return (
    <section class="card" aria-labelledby="log-title">
      <header>
        <h2 id="log-title">Log</h2>
        <div class="buttons" id="log-controls" hidden>
          <span class="muted small" id="log-status" role="status"></span>
          <label class="choice small">
            <input type="checkbox" id="log-scroll" checked /> Follow the end
          </label>
          <button type="button" class="button small" id="log-pause" aria-pressed="false">Pause</button>
          <button type="button" class="button small" id="log-clear">Clear</button>
        </div>
      </header>
      <form class="logbar" id="log-filters" hidden aria-label="Filter the log">
        <input name="q" type="search" placeholder="Text" aria-label="Text in the line" autocomplete="off" />
        <select name="level" aria-label="Level">
          <option value="">All levels</option>
          {LEVELS.map((level) => <option value={level}>{level === "error" ? "error" : `${level} and above`}</option>)}
        </select>
        <select name="kind" aria-label="Kind">
          <option value="">All kinds</option>
          {KINDS.map(({ value, label }) => <option value={value}>{label}</option>)}
        </select>
        <input name="status" placeholder="Status, 5xx" aria-label="Status of requests" pattern="[1-5]([0-9]{2}|xx)" />
        <select name="method" aria-label="Method of requests">
          <option value="">All methods</option>
          {METHODS.map((method) => <option value={method}>{method}</option>)}
        </select>
        <button type="reset" class="button small">Reset</button>
      </form>
      <ol class="log" id="log" tabindex={0} role="log" aria-live="off" aria-label="Log lines">
        {lines.length === 0 ? <EmptyRow text={NOTHING_YET} /> : lines.map((line) => <LogRow line={line} />)}
      </ol>
    </section>
  );
}
