/** A question before a change of data: as a dialog of its page, or as a page without a script. */
import { CsrfField, type PageFrame, PageLayout } from "./page_layout.tsx";

/** What is asked. */
export interface DataQuestion {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly busy: string;
  /** Where the form goes. */
  readonly action: string;
  /** Where who does not want it goes. */
  readonly back: string;
}

/** The dialog, closed; what opens it names `id` as its `data-dialog`. */
export function QuestionDialog({ id, question, csrf }: { id: string; question: DataQuestion; csrf: string }) {
  return (
    <dialog id={id} aria-labelledby={`${id}-title`}>
      <QuestionForm id={id} question={question} csrf={csrf} />
    </dialog>
  );
}

/** The page. */
export function QuestionPage({ frame, question }: { frame: PageFrame; question: DataQuestion }) {
  return (
    <PageLayout title={question.title} frame={frame}>
      <div class="card confirm narrow">
        <QuestionForm id="question" question={question} csrf={frame.csrf} />
      </div>
    </PageLayout>
  );
}

function QuestionForm({ id, question, csrf }: { id: string; question: DataQuestion; csrf: string }) {
  const { title, text, button, busy, action, back } = question;
  return (
    <form method="post" action={action}>
      <CsrfField csrf={csrf} />
      <h2 id={`${id}-title`} class="long">{title}</h2>
      <p>{text}</p>
      <div class="buttons">
        <a class="button" href={back} data-close>Cancel</a>
        <button type="submit" class="button danger primary" data-busy={busy}>{button}</button>
      </div>
    </form>
  );
}
