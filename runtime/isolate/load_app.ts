/** Turns a booted, empty isolate into an app: surroundings, modules, handler. */
import type { LoadMessage } from "../protocol/messages.ts";
import { installDoors } from "./app_doors.ts";
import type { AppServer, LoadedApp } from "./app_server.ts";
import { installEnvironment } from "./app_environment.ts";
import { findHandler } from "./find_handler.ts";
import { limitExternalMemory } from "./memory_quota.ts";
import type { registerModulePolicy } from "./module_policy.ts";

/**
 * Loads the app's entry and finds its handler.
 *
 * @throws whatever the app throws at its top level, or a TypeError when it exports no handler
 */
export async function loadApp(
  message: LoadMessage,
  policy: ReturnType<typeof registerModulePolicy>,
  server: AppServer,
): Promise<LoadedApp> {
  const env = installEnvironment(message);
  const registrations = installDoors(server);
  limitExternalMemory(message.externalBytes);
  policy.allow({ sources: { ...message.modules }, nodeCompat: message.nodeCompat });
  const exported = await import(message.entry);
  return { fetch: findHandler(exported, registrations), env };
}
