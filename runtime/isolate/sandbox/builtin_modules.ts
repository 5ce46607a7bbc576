/** `process.getBuiltinModule`: gives what an import of the module gives, at once. */
import { defineMember, getMember, stringSlice, stringStartsWith } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { OFFERED_BUILTINS } from "../../protocol/node_builtins.ts";
import { guardedBuiltin } from "./guarded_builtins.ts";

const offered = new SafeSet(OFFERED_BUILTINS);

/** Gives it to the app's process. @boot */
export function installBuiltinModules(): void {
  const app = getMember(globalThis, "process") as object;
  defineMember(app, "getBuiltinModule", function getBuiltinModule(id: unknown): unknown {
    const text = `${id}`;
    const name = stringStartsWith(text, "node:") ? stringSlice(text, 5) : text;
    if (name === "process") return app;
    return offered.has(name) ? guardedBuiltin(name) : undefined;
  }, true);
}
