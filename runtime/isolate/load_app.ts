/** Turns a booted, empty isolate into an app: surroundings, modules, handler. */
import type { LoadMessage } from "../protocol/messages.ts";
import type { AppFetch } from "./app_server.ts";
import { installEnvironment } from "./app_environment.ts";
import { limitExternalMemory } from "./memory_quota.ts";
import type { registerModulePolicy } from "./module_policy.ts";

/** A loaded app. */
export interface LoadedApp {
  readonly fetch: AppFetch;
  readonly env: Record<string, unknown>;
}

/**
 * Loads the app's entry and finds its handler.
 *
 * @throws whatever the app throws at its top level, or a TypeError when it exports no handler
 */
export async function loadApp(
  message: LoadMessage,
  policy: ReturnType<typeof registerModulePolicy>,
): Promise<LoadedApp> {
  const env = installEnvironment(message.env, message.nanoVersion);
  limitExternalMemory(message.externalBytes);
  policy.allow({ sources: { ...message.modules }, nodeCompat: message.nodeCompat });
  const exported = await import(message.entry);
  return { fetch: findHandler(exported), env };
}

function findHandler(exported: Record<string, unknown>): AppFetch {
  const { default: app } = exported;
  if (typeof app === "function" && typeof (app as { fetch?: unknown }).fetch !== "function") return app as AppFetch;
  const target = app as { fetch?: unknown } | null | undefined;
  if (target !== null && target !== undefined && typeof target.fetch === "function") {
    // Looked up anew on each request: frameworks may replace it after the first start-up work.
    return (request, env, context) => (target.fetch as AppFetch)(request, env, context);
  }
  const names = Object.keys(exported);
  const found = names.length === 0 ? "nothing" : names.join(", ");
  throw new TypeError(
    `Cannot find a handler: the entry exports ${found}; it must export default { fetch(request, env, ctx) }`,
  );
}
