/** Asks before an app is restarted, drained or removed: as dialogs of its page, or as a page without a script. */
import type { AppDetails } from "./app_details.ts";
import { CsrfField, type PageFrame, PageLayout } from "./page_layout.tsx";

/** What can be confirmed. */
export type ConfirmedAction = "restart" | "drain" | "remove";

interface Question {
  readonly title: (app: string) => string;
  readonly text: string;
  readonly button: string;
  readonly busy: string;
  readonly danger: boolean;
  /** The app's name must be typed. */
  readonly typed: boolean;
}

const QUESTIONS: Readonly<Record<ConfirmedAction, Question>> = {
  restart: {
    title: (app) => `Restart ${app}?`,
    text: "A fresh isolate boots first, then takes over. Requests in flight finish on the old one; none is lost.",
    button: "Restart",
    busy: "Restarting…",
    danger: false,
    typed: false,
  },
  drain: {
    title: (app) => `Drain ${app}?`,
    text: "It finishes its requests, then goes out of service: new ones get 503 until somebody restarts it.",
    button: "Drain",
    busy: "Draining…",
    danger: true,
    typed: false,
  },
  remove: {
    title: (app) => `Remove ${app}?`,
    text: "It finishes its requests, then it is gone from this NANO: its hosts answer 404, its versions are deleted.",
    button: "Remove",
    busy: "Removing…",
    danger: true,
    typed: true,
  },
};

/** Whether the path's last part is something to confirm. */
export function isConfirmedAction(text: string): text is ConfirmedAction {
  return Object.hasOwn(QUESTIONS, text);
}

/** All three dialogs, closed. */
export function ConfirmDialogs({ details, csrf }: { details: AppDetails; csrf: string }) {
  return (
    <>
      {(Object.keys(QUESTIONS) as ConfirmedAction[]).map((action) => (
        <dialog id={`${action}-dialog`} aria-labelledby={`${action}-title`}>
          <ConfirmForm action={action} details={details} csrf={csrf} />
        </dialog>
      ))}
    </>
  );
}

/** The same question as a page of its own. */
export function ConfirmPage(
  { frame, action, details }: { frame: PageFrame; action: ConfirmedAction; details: AppDetails },
) {
  return (
    <PageLayout title={QUESTIONS[action].title(details.snapshot.name)} frame={frame}>
      <div class="card confirm narrow">
        <ConfirmForm action={action} details={details} csrf={frame.csrf} />
      </div>
    </PageLayout>
  );
}

function ConfirmForm({ action, details, csrf }: { action: ConfirmedAction; details: AppDetails; csrf: string }) {
  const { title, text, button, busy, danger, typed } = QUESTIONS[action];
  const { name, inFlight } = details.snapshot;
  const fromFile = action === "remove" && details.origin?.source === "file";
  return (
    <form method="post" action={`/apps/${name}/${action}`}>
      <CsrfField csrf={csrf} />
      <h2 id={`${action}-title`}>{title(name)}</h2>
      <p>
        {text} {inFlight > 0 ? `In flight now: ${inFlight}.` : ""}
      </p>
      {fromFile ? <p>nano.json names this app and is never rewritten: take it out there too.</p> : null}
      {typed
        ? (
          <div class="field">
            <label for={`${action}-name`}>
              Type <code>{name}</code> to confirm
            </label>
            <input
              id={`${action}-name`}
              name="confirm"
              required
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              data-must-equal={name}
            />
          </div>
        )
        : null}
      <div class="buttons">
        <a class="button" href={`/apps/${name}`} data-close>Cancel</a>
        <button type="submit" class={danger ? "button danger primary" : "button primary"} data-busy={busy}>
          {button}
        </button>
      </div>
    </form>
  );
}
