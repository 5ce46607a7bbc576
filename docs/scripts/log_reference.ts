/** The reference page of the log: every event, from the type of the events. */
import { logRecord, type RareEvent } from "../../runtime/observe/log_record.ts";
import { denoDoc } from "./deno_doc.ts";
import { code, page, table } from "./markdown.ts";

/** When an event is told; a new event without a line here does not compile. */
const MEANINGS: Readonly<Record<RareEvent["event"] | "request", string>> = {
  server_start: "NANO listens; `url` and `admin` say where",
  apps_started: "Every app has come up, or has failed, for the first time; `elapsed_ms` since they began to start",
  server_stop: "the process is about to end; `cause` is the signal that it got, or `guardian_gone`",
  request: "an answer has been sent to its end",
  app_start_queued: "the app's start waits for its turn, because as many as the machine takes start already",
  app_starting: "an isolate is being started for the app",
  app_ready: "the app takes requests",
  app_failed: "the app cannot start, and is not tried again before its code or configuration changes",
  app_quarantined: "the version ended the whole process twice, by all that was seen, and is not started any more",
  app_exit: "an isolate has ended",
  app_restart: "another isolate follows, after `delay_ms`",
  app_install:
    "packages are installed: `step` is `waiting`, `started`, `running` every ten seconds, then `done` or `failed`",
  app_drain_start: "the app finishes its requests",
  app_drained: "it has; `forced_closed` had to be cut",
  app_state: "not logged: other events say the same",
  app_log: "the app wrote a line to its console, or an exception was caught by nobody",
  app_removed: "the app is gone",
  binding_call: "not logged: metrics count the calls of bindings",
  binding_failed: "a binding failed in the host; the app learns only that it did",
  connection: "not logged: metrics count an app's TCP connections",
  connection_closed: "not logged, as above",
  cron_start: "a job runs",
  cron_done: "a job has ended",
  cron_skipped: "a job was due while its run before still went on",
  queue_batch: "a batch of messages was delivered, or could not be",
  queue_dead_letter: "messages have failed too often: they were moved to the dead letter queue, or deleted",
  config_reload: "a configuration is in force; lists of app names",
  config_rejected: "a configuration was refused, and nothing has changed",
  operator_change: "somebody asked for a change, by the admin API, the dashboard or the command line",
  fleet_state: "the node follows its fleet, or does not: `state` and `why`",
  fleet_app_failed: "an app's newest change in the fleet cannot be in force on this node; what it had serves on",
  fleet_repaired: "the fleet's engine had forgotten records, which this node gave it again",
  drain_start: "the process finishes what is in flight",
  drain_complete: "it has; `forced_closed` requests had to be cut",
  warning: "something an operator should know",
};

/** An event of the log. */
export interface LogEvent {
  readonly name: string;
  readonly level: string;
  readonly fields: readonly string[];
}

/** The page. */
export async function logReference(): Promise<string> {
  const events = await logEvents();
  return page(
    {
      title: "Log events",
      description: "Every event of the log with its level and fields.",
      order: 5,
    },
    `One JSON record a line on standard output: \`ts\` (ISO 8601), \`level\`, \`event\`, then the fields of the event. With
\`"log": { "format": "pretty" }\` the same is written for people; \`nano dev\` does that by itself.

${
      table(
        ["Event", "Level", "Fields", "When"],
        events.map(({ name, level, fields }) => [
          code(name),
          level,
          fields.map(code).join(" "),
          meaningOf(name),
        ]),
      )
    }

Times end in \`_ms\` and are milliseconds. A request's \`path\` is without its query, which may carry secrets. \`code\` is
the [error code](/reference/error-codes/) when NANO answered itself, else \`null\`.`,
  );
}

function meaningOf(event: string): string {
  const meaning = MEANINGS[event as keyof typeof MEANINGS];
  if (meaning === undefined) {
    throw new Error(`Cannot describe the log: event "${event}" has no meaning in log_reference.ts`);
  }
  return meaning;
}

/** The events that are logged, in the order of their type. */
export async function logEvents(): Promise<LogEvent[]> {
  const doc = JSON.parse(await denoDoc("runtime/terms/events.ts", ["--json"])) as DocOutput;
  const symbols = Object.values(doc.nodes).flatMap((node) => node.symbols ?? []);
  const definition = (name: string) => {
    const found = symbols.find((one) => one.name === name)?.declarations[0]
      ?.def;
    if (found === undefined) {
      throw new Error(
        `Cannot describe the log: runtime/terms/events.ts has no "${name}"`,
      );
    }
    return found;
  };
  const propertiesOf = (type: DocType): readonly Property[] => {
    const { value } = type;
    if (type.kind === "parenthesized") return propertiesOf(value as DocType);
    if (type.kind === "intersection") return (value as readonly DocType[]).flatMap(propertiesOf);
    if (type.kind === "typeLiteral") {
      return (value as { properties: readonly Property[] }).properties;
    }
    if (type.kind !== "typeRef") {
      throw new Error(`Cannot describe the log: a member is a ${type.kind}`);
    }
    const { properties = [], extends: bases = [] } = definition(
      (value as { typeName: string }).typeName,
    );
    return [...bases.flatMap(propertiesOf), ...properties];
  };
  const union = definition("NanoEvent").tsType!.value as readonly DocType[];
  return union.flatMap((type) => {
    const properties = propertiesOf(type);
    const name = properties.find((one) => one.name === "event")!.tsType.repr!;
    // Undefined and zero everywhere: only the names of the fields and the usual level are wanted.
    const sample = Object.fromEntries(properties.map((one) => [one.name, 0]));
    if (name === "request") {
      return [{
        name,
        level: "info",
        fields: ["app", ...fieldNames(sample, ["app", "event"])],
      }];
    }
    const record = logRecord(
      {
        ...sample,
        event: name,
        ok: true,
        reason: "terminated",
        level: "by line",
      } as never,
    );
    return record === null ? [] : [{
      name,
      level: record.level,
      fields: fieldNames(sample, ["event", "level"]),
    }];
  });
}

function fieldNames(sample: object, without: readonly string[]): string[] {
  return Object.keys(sample).filter((name) => !without.includes(name))
    .map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

interface DocType {
  readonly kind: string;
  readonly repr?: string;
  readonly value: unknown;
}
interface Property {
  readonly name: string;
  readonly tsType: DocType;
}
interface DocOutput {
  readonly nodes: Readonly<
    Record<string, {
      readonly symbols?: readonly {
        readonly name: string;
        readonly declarations: readonly {
          readonly def?: {
            readonly tsType?: DocType;
            readonly properties?: readonly Property[];
            readonly extends?: readonly DocType[];
          };
        }[];
      }[];
    }>
  >;
}
