/** The messages of a queue with the beginnings of their bodies; a dead letter can be put back. */
import type { QueueMessageView } from "../../runtime/mod.ts";
import { shownBody } from "../gate/message_body.ts";
import { CsrfField } from "./page_layout.tsx";
import { queuePath } from "./queue_paths.ts";
import { bytesText, durationText } from "../schemas/figures.ts";
import { momentText } from "./views/moment_text.ts";

/** Characters of a body that stand in the table; the rest unfolds. */
const LINE_CHARS = 120;

/** @param props.path of the queue's page */
export function MessageTable({ messages, path, csrf, now }: {
  messages: readonly QueueMessageView[];
  path: string;
  csrf: string;
  now: number;
}) {
  const hasLetters = messages.some(({ origin }) => origin !== null);
  return (
    <table class="list stacked messages">
      <thead>
        <tr>
          <th scope="col">Message</th>
          <th scope="col">State</th>
          <th scope="col" class="number">Failures</th>
          <th scope="col" class="number">Size</th>
          <th scope="col">Sent</th>
          {hasLetters
            ? (
              <th scope="col">
                <span class="visually-hidden">Actions</span>
              </th>
            )
            : null}
        </tr>
      </thead>
      <tbody>
        {messages.map((message) => (
          <tr>
            <td class="long">
              <Body message={message} />
              <span class="mono muted small">{message.id}</span>
            </td>
            <td data-label="State">
              <State message={message} now={now} />
            </td>
            <td class="number" data-label="Failures">{message.failures}</td>
            <td class="number nowrap" data-label="Size">{bytesText(message.size)}</td>
            <td class="muted nowrap" data-label="Sent">{momentText(message.sent)}</td>
            {hasLetters
              ? (
                <td>
                  {message.origin === null ? null : (
                    <form method="post" action={`${path}/retry`} class="end">
                      <CsrfField csrf={csrf} />
                      <input type="hidden" name="id" value={message.id} />
                      <button type="submit" class="button small" data-busy="Putting back…">Retry</button>
                    </form>
                  )}
                </td>
              )
              : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One line of it, which unfolds when there is more. */
function Body({ message }: { message: QueueMessageView }) {
  const { body, base64 } = shownBody(message);
  const isCut = message.body.byteLength < message.size;
  const line = body.replaceAll(/\s+/g, " ").slice(0, LINE_CHARS);
  const kind = base64 ? `${message.type}, as base64` : message.type;
  if (body === "") return <p class="muted">empty ({kind})</p>;
  if (line === body && !isCut) {
    return (
      <p>
        <code>{body}</code> <span class="muted small">{kind}</span>
      </p>
    );
  }
  return (
    <details>
      <summary>
        <code>{`${line}…`}</code> <span class="muted small">{kind}</span>
      </summary>
      <pre tabindex={0} aria-label="Body">{body}</pre>
      {isCut
        ? (
          <p class="hint">
            The first {bytesText(message.body.byteLength)}. <code>nano queue peek --bytes</code> shows more.
          </p>
        )
        : null}
    </details>
  );
}

function State({ message, now }: { message: QueueMessageView; now: number }) {
  const { isLeased, visible, origin } = message;
  const state = isLeased ? "with the consumer" : visible > now ? `in ${durationText(visible - now)}` : "waiting";
  if (origin === null) return <>{state}</>;
  return (
    <>
      dead letter of <a href={queuePath(origin)}>{origin}</a>
      {state === "waiting" ? "" : `, ${state}`}
    </>
  );
}
