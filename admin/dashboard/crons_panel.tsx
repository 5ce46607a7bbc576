/** The jobs of an app, each with a button that runs it now. */
import type { CronConfig } from "../../runtime/mod.ts";
import { CsrfField } from "./page_layout.tsx";

/** @param crons at least one */
export function CronsPanel({ app, crons, csrf }: { app: string; crons: readonly CronConfig[]; csrf: string }) {
  return (
    <section class="card" aria-labelledby="crons-title">
      <header>
        <h2 id="crons-title">Jobs</h2>
      </header>
      <table class="list stacked">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Schedule</th>
            <th scope="col">
              <span class="visually-hidden">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {crons.map(({ name, schedule }) => (
            <tr>
              <td class="long">{name}</td>
              <td>
                <code>{schedule}</code>
              </td>
              <td>
                <div class="end">
                  <form method="post" action={`/apps/${app}/cron`}>
                    <CsrfField csrf={csrf} />
                    <input type="hidden" name="cron" value={name} />
                    <button type="submit" class="button small" data-busy="Running…" aria-label={`Run ${name} now`}>
                      Run now
                    </button>
                  </form>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
