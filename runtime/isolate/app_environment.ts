/** What an app finds of its surroundings: env, Deno.env, process.env, navigator; all from its own configuration. */

const { hrtime, nextTick } = process;
const platform = "linux";

/** Installs the surroundings. @returns the env object for the handler */
export function installEnvironment(
  env: Readonly<Record<string, string>>,
  nanoVersion: string,
): Record<string, unknown> {
  const values: Record<string, string> = { ...env };
  const processEnv = new Proxy(values, {
    set(target, name, value) {
      if (typeof name === "string") target[name] = String(value);
      return true;
    },
    defineProperty(target, name, descriptor) {
      if (typeof name === "string" && "value" in descriptor) target[name] = String(descriptor.value);
      return true;
    },
  });
  const define = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

  define("self", globalThis);
  define("navigator", Object.freeze({ userAgent: `NANO/${nanoVersion}` }));
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
  const listenTo = function (this: unknown) {
    return this;
  };
  define("process", {
    env: processEnv,
    nextTick,
    hrtime,
    platform,
    arch: "x64",
    version: "v22.0.0",
    versions: { node: "22.0.0", nano: nanoVersion },
    argv: [],
    execArgv: [],
    cwd: () => "/",
    uptime: () => performance.now() / 1000,
    emitWarning: (warning: unknown) => console.warn(warning),
    // Nothing is ever emitted: an app's process never exits by itself.
    on: listenTo,
    once: listenTo,
    off: listenTo,
    addListener: listenTo,
    removeListener: listenTo,
  });
  return { ...values };
}
