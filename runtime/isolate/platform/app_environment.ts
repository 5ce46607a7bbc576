/** What an app finds of its surroundings: env, Deno.env, process.env, navigator; all from its own configuration. */
import type { LoadMessage } from "../../protocol/messages.ts";
import { defineGlobal, hasOwn, NativeString } from "../../protocol/primordials.ts";
import { denoFacts } from "./deno_facts.ts";
import { installNavigator } from "./navigator.ts";
import { createMemoryUsage, createProcess, removeNodeGlobals } from "./node_compat.ts";

/** Installs the surroundings. @returns the env object for the handler @boot */
export function installEnvironment(
  { env, nanoVersion, nodeCompat, nodeEnv, workers }: Pick<
    LoadMessage,
    "env" | "nanoVersion" | "nodeCompat" | "nodeEnv" | "workers"
  >,
): Record<string, unknown> {
  const values: Record<string, string> = { ...env, ...workers?.variables };

  // Libraries look here to tell where they are; Hono then finds env in process.env, or for Workers in the handler's.
  installNavigator(workers === null ? `NANO/${nanoVersion}` : "Cloudflare-Workers");
  if (workers === null) defineGlobal("EdgeRuntime", "nano");
  defineGlobal("Deno", {
    ...denoFacts(createMemoryUsage()),
    env: {
      get: (name: string) => values[name],
      has: (name: string) => hasOwn(values, name),
      set: (name: string, value: string) => void (values[name] = NativeString(value)),
      delete: (name: string) => void delete values[name],
      toObject: () => ({ ...values }),
    },
  });
  if (nodeCompat) defineGlobal("process", createProcess(values, { nanoVersion, nodeEnv }));
  else removeNodeGlobals();
  return { ...env };
}
