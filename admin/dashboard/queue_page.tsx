/** A queue: what waits in it, its messages as they lie there, dead letters to put back, a form that sends. */
import type { QueueMessagePage, QueueView } from "../../runtime/mod.ts";
import type { FlashNote } from "./flash_notes.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { Paging } from "./paging.tsx";
import { type DataQuestion, QuestionDialog } from "./question_card.tsx";
import { MessageTable } from "./queue_message_table.tsx";
import { isNeededQueue, queuePath } from "./queue_paths.ts";
import { StoreHeading } from "./store_heading.tsx";
import { countedText } from "./views/counted_text.ts";
import { durationText } from "../schemas/figures.ts";
import { TextArea, TextField } from "./text_field.tsx";

/** What is typed of a message. */
export interface MessageForm {
  readonly body: string;
  readonly type: "json" | "text";
  /** Seconds, or "". */
  readonly delay: string;
}

/** Nothing typed yet. */
export const EMPTY_MESSAGE: MessageForm = { body: "", type: "json", delay: "" };

/** What the page shows. */
export interface QueuePageView {
  readonly queue: QueueView;
  readonly page: QueueMessagePage;
  /** Whether this is not the first page. */
  readonly isLater: boolean;
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  /** What was typed of a message, and why it was refused, or null. */
  readonly form: MessageForm;
  readonly problem: FlashNote | null;
}

/** The question before a queue is emptied. */
export function purgeQuestion({ name, messages }: Pick<QueueView, "name" | "messages">): DataQuestion {
  return {
    title: `Purge ${name}?`,
    text: `${countedText(messages, "message")} would be gone for good, also those that the consumer has just then.`,
    button: "Purge",
    busy: "Purging…",
    action: `${queuePath(name)}/purge`,
    back: queuePath(name),
  };
}

/** The page. */
export function QueuePage({ frame, view }: { frame: PageFrame; view: QueuePageView }) {
  const { queue, page, isLater, now, form, problem } = view;
  const { name, bytes, maxBytes, messages, producers } = queue;
  const path = queuePath(name);
  const hasLetters = queue.deadLettersOf.length > 0 || page.messages.some(({ origin }) => origin !== null);
  const cursor = page.cursor === null ? null : String(page.cursor);
  return (
    <PageLayout title={name} frame={frame}>
      <StoreHeading
        view={{
          name,
          facts: `Queue, ${countedText(messages, "message")}`,
          size: { bytes, maxBytes },
          uses: producers,
          isNeeded: isNeededQueue(queue),
        }}
      >
        {hasLetters && messages > 0
          ? (
            <form method="post" action={`${path}/retry`}>
              <CsrfField csrf={frame.csrf} />
              <button type="submit" class="button" data-busy="Putting back…">Retry all dead letters</button>
            </form>
          )
          : null}
        <a class="button" href="#send-title">Send</a>
        {messages === 0 ? null : <a class="button danger" href={`${path}/purge`} data-dialog="purge-dialog">Purge</a>}
      </StoreHeading>
      <div class="stack">
        <QueueFacts queue={queue} now={now} />
        <section class="card" aria-labelledby="messages-title">
          <header>
            <h2 id="messages-title">Messages</h2>
            <span class="muted small">The oldest first. They stay where they are.</span>
          </header>
          {page.messages.length === 0
            ? <p class="empty">{isLater ? "No message comes after these." : "No message waits here."}</p>
            : <MessageTable messages={page.messages} path={path} csrf={frame.csrf} now={now} />}
        </section>
        <Paging href={path} isLater={isLater} cursor={cursor} />
        <SendCard path={path} csrf={frame.csrf} form={form} problem={problem} />
      </div>
      <QuestionDialog id="purge-dialog" question={purgeQuestion(queue)} csrf={frame.csrf} />
    </PageLayout>
  );
}

function QueueFacts({ queue, now }: { queue: QueueView; now: number }) {
  const { messages, delayed, leased, oldest, consumer, deadLetterQueue, deadLettersOf } = queue;
  const figures = [
    ["Waiting", String(Math.max(0, messages - delayed - leased))],
    ["Delayed", String(delayed)],
    ["With the consumer", String(leased)],
    ["Oldest", oldest === null ? "–" : `${durationText(now - oldest)} ago`],
  ];
  return (
    <section class="card" aria-label="Depth">
      <dl class="pairs body">
        {figures.map(([title, value]) => (
          <>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </>
        ))}
        <dt>Consumer</dt>
        <dd>{consumer === null ? "none: messages wait" : <a href={`/apps/${consumer}`}>{consumer}</a>}</dd>
        {consumer === null ? null : (
          <>
            <dt>Failed too often</dt>
            <dd>
              {deadLetterQueue === null
                ? "deleted: the consumer names no dead letter queue"
                : <a href={queuePath(deadLetterQueue)}>{deadLetterQueue}</a>}
            </dd>
          </>
        )}
        {deadLettersOf.length === 0 ? null : (
          <>
            <dt>Dead letters of</dt>
            <dd>
              {deadLettersOf.map((origin, at) => (
                <>
                  {at === 0 ? "" : ", "}
                  <a href={queuePath(origin)}>{origin}</a>
                </>
              ))}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function SendCard({ path, csrf, form, problem }: {
  path: string;
  csrf: string;
  form: MessageForm;
  problem: FlashNote | null;
}) {
  return (
    <section class="card narrow" aria-labelledby="send-title">
      <header>
        <h2 id="send-title">Send a message</h2>
      </header>
      <form method="post" action={path} class="body">
        <CsrfField csrf={csrf} />
        {problem === null ? null : <Note note={problem} />}
        <fieldset class="field">
          <legend class="label">Type</legend>
          <label class="choice">
            <input type="radio" name="type" value="json" checked={form.type === "json"} /> JSON
          </label>
          <label class="choice">
            <input type="radio" name="type" value="text" checked={form.type === "text"} /> Text
          </label>
        </fieldset>
        <TextArea
          name="body"
          label="Body"
          value={form.body}
          maxRows={16}
          required
          placeholder='{ "to": "ada@example.com" }'
        />
        <TextField
          name="delay"
          label="Delay"
          value={form.delay}
          inputmode="numeric"
          hint="In seconds, up to 86,400; nothing is at once."
        />
        <div class="buttons">
          <button type="submit" class="button primary" data-busy="Sending…">Send</button>
        </div>
      </form>
    </section>
  );
}
