/** What an app finds of its surroundings: env, Deno.env, process.env, navigator; all from its own configuration. */
import type { LoadMessage } from "../../protocol/messages.ts";
import { installNavigator } from "./navigator.ts";
import { createProcess, removeNodeGlobals } from "./node_compat.ts";

/** Installs the surroundings. @returns the env object for the handler */
export function installEnvironment(
  { env, nanoVersion, nodeCompat, nodeEnv }: Pick<LoadMessage, "env" | "nanoVersion" | "nodeCompat" | "nodeEnv">,
): Record<string, unknown> {
  const values: Record<string, string> = { ...env };
  const define = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

  installNavigator(nanoVersion);
  // Frameworks look here to tell where they are; Hono then finds env in process.env.
  define("EdgeRuntime", "nano");
  define("Deno", {
    env: {
      get: (name: string) => values[name],
      has: (name: string) => Object.hasOwn(values, name),
      set: (name: string, value: string) => void (values[name] = String(value)),
      delete: (name: string) => void delete values[name],
      toObject: () => ({ ...values }),
    },
  });
  if (nodeCompat) define("process", createProcess(values, { nanoVersion, nodeEnv }));
  else removeNodeGlobals();
  return { ...values };
}
