/** What an app says, as events. */
import type { AppLogLevel, NanoEvent } from "../terms/events.ts";
import type { IsolateObserver } from "../wall/traffic.ts";

/** Tells each line and each exception of an app. */
export function appLines(
  app: string,
  emit: (event: NanoEvent) => void,
): Pick<IsolateObserver, "onLog" | "onException"> {
  return {
    onLog: (level, text) => emit({ event: "app_log", app, level: logLevel(level), text, kind: "console" }),
    onException: (text) => emit({ event: "app_log", app, level: "error", text, kind: "exception" }),
  };
}

/** The isolate sends any text. */
function logLevel(level: string): AppLogLevel {
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
}
