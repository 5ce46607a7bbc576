/** `process.getBuiltinModule`: gives what an import of the module gives, at once. */
import { HARMLESS_BUILTINS } from "../../protocol/node_builtins.ts";

/** Those whose dangerous exports are replaced: the replaced module is one and the same however an app comes to it. */
const GUARDED = ["buffer", "crypto", "stream/consumers"];

type GetBuiltinModule = (name: string) => unknown;

const nativeGet = (process as unknown as { getBuiltinModule: GetBuiltinModule }).getBuiltinModule.bind(process);
const harmless = new Set(HARMLESS_BUILTINS.split(" "));
const isHarmless = harmless.has.bind(harmless);
const { hasOwn } = Object;

/** Whether any of an app's modules asks for it: three imports a boot are spared otherwise. */
export function asksForBuiltins(modules: Readonly<Record<string, string>>): boolean {
  return Object.values(modules).some((source) => source.includes("getBuiltinModule"));
}

/** Gives it to the app's process. Called before any code of the app runs, and after its modules were named. */
export async function installBuiltinModules(): Promise<void> {
  const app = Reflect.get(globalThis, "process") as object;
  const replaced: Record<string, unknown> = { __proto__: null, process: app };
  for (const name of GUARDED) replaced[name] = (await import(`node:${name}`)).default;
  Object.defineProperty(app, "getBuiltinModule", {
    value: function getBuiltinModule(id: unknown): unknown {
      const text = `${id}`;
      const name = text[4] === ":" && text[0] === "n" && text[3] === "e" ? sliced(text) : text;
      if (hasOwn(replaced, name)) return replaced[name];
      return isHarmless(name) ? nativeGet(name) : undefined;
    },
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

/** Without "node:"; an app may have replaced the methods of texts. */
function sliced(text: string): string {
  let name = "";
  for (let at = 5; at < text.length; at++) name += text[at];
  return name;
}
