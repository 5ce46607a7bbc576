/** Routes of what can be watched: log lines, events, figures. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type LogFilter, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import type { ApiParts } from "./api_parts.ts";
import { eventFeed } from "../streams/event_feed.ts";
import { lineView, logFeed } from "../streams/log_feed.ts";
import { nameParams, seriesSchema } from "../schemas/app_schemas.ts";
import { logListSchema } from "../schemas/host_schemas.ts";
import { snakeCase } from "../gate/snake_case.ts";
import { sseText } from "../streams/server_sent_events.ts";
import { events, flag, givenNumber, givenText, isOn, json, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["Observe"];
const DEFAULT_LINES = 200;
const MAX_LINES = 5_000;
const KINDS = ["console", "exception", "request", "life"] as const;
const LEVELS = ["debug", "info", "warn", "error"] as const;
const STATUS_RULE = 'expected a status such as "404", or a class such as "5xx"';
const KIND_RULE = `expected a list of ${KINDS.join(", ")}`;
const SAMPLE_RULE = "expected a share above 0, up to 1";

const logQuery = z.object({
  follow: flag("Lines as they are written, as server-sent events `line` and `dropped`."),
  level: z.enum(["", ...LEVELS], `expected one of ${LEVELS.join(", ")}`).optional().meta({
    description: "This level and above.",
  }),
  q: z.string().optional().meta({ description: "Part of the text, without case." }),
  status: z.string().regex(/^([1-5]\d\d|[1-5][xX]{2})?$/, STATUS_RULE).optional().meta({
    description: "Requests with this status only.",
    examples: ["5xx"],
  }),
  method: z.string().optional().meta({ description: "Requests with this method only.", examples: ["POST"] }),
  kind: z.string().refine(
    (text) => kindsOf(text)?.every((kind) => KINDS.some((one) => one === kind)) ?? true,
    KIND_RULE,
  )
    .optional().meta({ description: `Comma-separated: ${KINDS.join(", ")}.`, examples: ["console,exception"] }),
  sample: z.string().refine((text) => text === "" || (Number(text) > 0 && Number(text) <= 1), SAMPLE_RULE)
    .optional().meta({ description: "Share of the lines that is wanted, above 0 to 1.", examples: ["0.1"] }),
  limit: wholeNumberQuery(
    0,
    MAX_LINES,
    `How many of the last lines; they come first when following. Default: ${DEFAULT_LINES}.`,
  ),
});

const lastEventId = z.object({
  "last-event-id": z.string().optional().meta({ description: "Goes on after this line, as far as it is still kept." }),
});

const logAnswers = {
  200: {
    description: "The last lines, oldest first; requests are kept only while somebody follows",
    content: {
      "application/json": { schema: logListSchema },
      "text/event-stream": { schema: { type: "string" } },
    },
  },
  ...problems,
} as const;

const appLogs = createRoute({
  method: "get",
  path: "/admin/apps/{name}/logs",
  operationId: "appLogs",
  summary: "An app's console lines, exceptions and requests",
  tags: TAGS,
  request: { params: nameParams, query: logQuery, headers: lastEventId },
  responses: logAnswers,
});

const allLogs = createRoute({
  method: "get",
  path: "/admin/logs",
  operationId: "logs",
  summary: "The lines of all apps",
  tags: TAGS,
  request: { query: logQuery, headers: lastEventId },
  responses: logAnswers,
});

const allEvents = createRoute({
  method: "get",
  path: "/admin/events",
  operationId: "events",
  summary: "What happens, as it happens",
  tags: TAGS,
  request: {
    query: z.object({
      types: z.string().optional().meta({
        description: "Comma-separated names of events. Default: all but `request` and `app_log`.",
        examples: ["app_state,config_reload"],
      }),
    }),
  },
  responses: { 200: events("Each event under its name, as JSON"), ...problems },
});

const stats = createRoute({
  method: "get",
  path: "/admin/stats",
  operationId: "stats",
  summary: "The last figures of all apps that were asked for, once a tick",
  tags: TAGS,
  responses: {
    200: events(
      "`tick`: a list of `Tick`, one for each app that was asked for; `apps`: how many there are, when that changes",
    ),
    ...problems,
  },
});

const series = createRoute({
  method: "get",
  path: "/admin/apps/{name}/series",
  operationId: "series",
  summary: "The recent past of an app's figures",
  tags: TAGS,
  request: { params: nameParams },
  responses: { 200: json(seriesSchema, "One value a tick, oldest first"), ...problems },
});

/** The routes of what can be watched. */
export function observeRoutes({ target, streams }: ApiParts) {
  const { observations } = target;
  return new OpenAPIHono<AdminEnv>()
    .openapi(appLogs, (context) => {
      const { name } = context.req.valid("param");
      known(name, "read the log");
      return lines(context, name, context.req.valid("query"));
    })
    .openapi(allLogs, (context) => lines(context, null, context.req.valid("query")))
    .openapi(allEvents, (context) => {
      const types = givenText(context.req.valid("query").types);
      const wanted = types === null ? null : new Set(types.split(",").map((type) => type.trim()));
      return streams.respond(context, (signal) => eventFeed(target.events, wanted, signal));
    })
    .openapi(stats, (context) =>
      streams.respond(context, async function* (signal) {
        let told: number | null = null;
        for await (const ticks of observations.ticks(signal)) {
          const total = target.config.apps.length;
          const news = total === told ? "" : sseText("apps", JSON.stringify({ total }));
          told = total;
          yield sseText("tick", JSON.stringify(snakeCase(ticks))) + news;
        }
      }))
    .openapi(series, (context) => {
      const { name } = context.req.valid("param");
      known(name, "show the figures");
      const found = observations.series(name);
      return context.json({
        app: name,
        tick_seconds: observations.tickSeconds,
        requests_per_second: [...found.requestsPerSecond],
        errors_per_second: [...found.errorsPerSecond],
        p50_seconds: [...found.p50Seconds],
        p99_seconds: [...found.p99Seconds],
        in_flight: [...found.inFlight],
        heap_bytes: [...found.heapBytes],
        external_bytes: [...found.externalBytes],
        cpu: [...found.cpu],
      }, 200);
    });

  function known(name: string, what: string): void {
    if (target.apps().some((app) => app.name === name)) return;
    throw new NanoError("NOT_FOUND", `Cannot ${what} of app "${name}": there is no such app`);
  }

  function lines(context: Context<AdminEnv>, app: string | null, query: z.infer<typeof logQuery>) {
    const filter: LogFilter = {
      app,
      level: (givenText(query.level) as LogFilter["level"]) ?? null,
      text: givenText(query.q),
      status: givenText(query.status?.toLowerCase()),
      method: givenText(query.method?.toUpperCase()),
      kinds: kindsOf(query.kind) as LogFilter["kinds"],
      sample: givenNumber(query.sample, 1),
    };
    const limit = givenNumber(query.limit, DEFAULT_LINES);
    if (!isOn(query.follow)) return context.json({ lines: observations.recentLines(filter, limit).map(lineView) }, 200);
    const id = context.req.header("last-event-id") ?? "";
    const start = { limit, after: /^\d{1,15}$/.test(id) ? Number(id) : null };
    return streams.respond(context, (signal) => logFeed(observations, filter, { start, signal }));
  }
}

function kindsOf(text: string | undefined): string[] | null {
  return text === undefined || text === "" ? null : text.split(",").map((kind) => kind.trim());
}
