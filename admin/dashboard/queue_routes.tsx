/** The pages of queues, and what their forms change. */
import { Hono } from "hono";
import { NanoError, type QueueRetryOutcome, type QueueSend } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { textFields } from "./app_changes.ts";
import { type DashboardContext, type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { good, plainLines, unlessRefused } from "./data_changes.ts";
import type { FlashNote } from "./flash_notes.ts";
import { QuestionPage } from "./question_card.tsx";
import { EMPTY_MESSAGE, type MessageForm, purgeQuestion, QueuePage } from "./queue_page.tsx";
import { queuePath } from "./queue_paths.ts";
import { renderPage } from "./render_page.ts";
import { countedText } from "./views/counted_text.ts";

/** Messages on a page. */
const MESSAGES = 20;
/** That it carries of each. */
const BODY_BYTES = 8 * 1024;

const LEFT_WORDS: Readonly<Record<keyof QueueRetryOutcome["left"], string>> = {
  missing: "not there any more",
  no_dead_letter: "no dead letter",
  leased: "with a consumer",
  in_origin: "still in its queue",
};

/** Below `/data/queues`. */
export function queuePageRoutes(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes, now } = tools;
  const queues = () => target.operations.data.queues;
  const routes = new Hono<AdminEnv>();

  routes.get("/:queue", (context) => shown(context, EMPTY_MESSAGE, null));
  routes.post("/:queue", async (context) => {
    const queue = context.req.param("queue");
    const form = formOf(textFields(await context.req.parseBody()));
    return await unlessRefused(async () => {
      await queues().send(queue, messageOf(queue, form), requestedBy(context));
      return goOn(context, { notes, path: queuePath(queue), note: good("Sent the message") });
    }, (problem, status) => shown(context, form, problem, status));
  });
  routes.get("/:queue/purge", async (context) => {
    const question = purgeQuestion(await queues().info(context.req.param("queue")));
    return renderPage(context, <QuestionPage frame={frameOf(context, tools)} question={question} />);
  });
  routes.post("/:queue/purge", (context) =>
    changed(context, async (queue) => {
      return good(`Purged ${countedText(await queues().purge(queue, requestedBy(context)), "message")}`);
    }));
  routes.post("/:queue/retry", async (context) => {
    const { id } = textFields(await context.req.parseBody());
    return await changed(context, async (queue) => {
      return retryNote(await queues().retry(queue, id === undefined ? null : [id], requestedBy(context)));
    });
  });

  async function changed(context: DashboardContext, run: (queue: string) => Promise<FlashNote>): Promise<Response> {
    const queue = context.req.param("queue")!;
    const told = (note: FlashNote) => goOn(context, { notes, path: queuePath(queue), note });
    return await unlessRefused(async () => told(await run(queue)), told);
  }

  async function shown(
    context: DashboardContext,
    form: MessageForm,
    problem: FlashNote | null,
    status = 200,
  ): Promise<Response> {
    const name = context.req.param("queue")!;
    const cursor = cursorOf(context.req.query("cursor"));
    const [queue, page] = await Promise.all([
      queues().info(name),
      queues().peek(name, { cursor, limit: MESSAGES, bodyBytes: BODY_BYTES }),
    ]);
    const view = { queue, page, isLater: cursor !== null, now: now(), form, problem };
    return renderPage(context, <QueuePage frame={frameOf(context, tools)} view={view} />, status);
  }

  return routes;
}

function formOf({ body = "", type, delay = "" }: Readonly<Record<string, string>>): MessageForm {
  return { body: plainLines(body), type: type === "text" ? "text" : "json", delay: delay.trim() };
}

/** @throws {NanoError} USAGE */
function messageOf(queue: string, { body, type, delay }: MessageForm): QueueSend {
  const refused = (why: string, cause?: unknown) =>
    new NanoError("USAGE", `Cannot send to queue "${queue}": ${why}`, { cause });
  if (delay !== "" && !/^\d{1,9}$/.test(delay)) throw refused(`the delay "${delay}" is no whole number of seconds`);
  if (type === "json") {
    try {
      JSON.parse(body);
    } catch (error) {
      throw refused(`its body is no JSON: ${(error as Error).message}`, error);
    }
  }
  return { type, body: new TextEncoder().encode(body), delaySeconds: delay === "" ? null : Number(delay) };
}

function cursorOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function retryNote({ done, left }: QueueRetryOutcome): FlashNote {
  const reasons = (Object.keys(LEFT_WORDS) as (keyof typeof left)[]).filter((reason) => left[reason] > 0)
    .map((reason) => `${left[reason]} left: ${LEFT_WORDS[reason]}`);
  const tone = done === 0 && reasons.length > 0 ? "warn" : "good";
  return { tone, text: `Put ${countedText(done, "dead letter")} back`, details: reasons };
}
