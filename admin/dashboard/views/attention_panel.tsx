/** What needs attention: apps that do not serve, or not what was meant, worst first, with the reason and the next step. */
import { type AppRow, selectRows } from "./app_row.ts";
import { STATE_MEANINGS } from "./app_states.ts";
import { CsrfField } from "./csrf_field.tsx";
import { durationText } from "../../schemas/figures.ts";
import { StateChip } from "./state_chip.tsx";

/** More would push the apps themselves off the screen. */
const SHOWN = 5;

/** @param props.now of the server, ms since the epoch */
export function AttentionPanel({ rows, csrf, now }: { rows: readonly AppRow[]; csrf: string; now: number }) {
  const worst = selectRows(rows, { q: "", state: "attention", sort: "" });
  if (worst.length === 0) return null;
  return (
    <section class="card attention" aria-labelledby="attention-title">
      <header>
        <h2 id="attention-title">{worst.length === 1 ? "1 app needs" : `${worst.length} apps need`} attention</h2>
        {worst.length > SHOWN ? <a href="/?state=attention">Show all {worst.length}</a> : null}
      </header>
      <ul>
        {worst.slice(0, SHOWN).map((row) => <AttentionItem key={row.name} row={row} csrf={csrf} now={now} />)}
      </ul>
    </section>
  );
}

function AttentionItem({ row, csrf, now }: { row: AppRow; csrf: string; now: number }) {
  const { name, state, crashes, isStale, reason, since } = row;
  return (
    <li>
      <a class="name" href={`/apps/${name}`}>{name}</a>
      <StateChip state={state} crashes={crashes} />
      <p title={reason ?? undefined}>{reason?.split("\n", 1)[0] ?? STATE_MEANINGS[state]}</p>
      {isStale ? null : <span class="small muted">for {durationText(now - since)}</span>}
      {isStale || state === "draining" || state === "starting"
        ? null
        : (
          <form method="post" action={`/apps/${name}/restart`}>
            <CsrfField csrf={csrf} />
            <input type="hidden" name="back" value="/" />
            <button type="submit" class="button small" data-busy="Restarting…" aria-label={`Restart ${name}`}>
              Restart
            </button>
          </form>
        )}
    </li>
  );
}
