/** Puts an entry around a script that is no app, so that a request runs it and the answer tells how it went. */

import { entryFunction } from "./entry_function.ts";

const EVAL_URL = "app:///__eval__.js";

/** What the request says, as JSON. */
export interface EvalRequest {
  /** For `Deno.args` and `process.argv`. */
  readonly args: readonly string[];
  /** Whether a value is shown in colours. */
  readonly color: boolean;
}

/** What the answer says, as JSON. */
export type EvalAnswer =
  /** `value`: the default export as text, null without one; `handler`: it is an app's handler, not a value. */
  | { readonly ok: true; readonly value: string | null; readonly handler: boolean }
  /** `error`: what was thrown, with its stack; null when the log has told it, as an uncaught one. */
  | { readonly ok: false; readonly error: string | null };

/** The bundle with the script run by its first request, under that request's limits, in the place of its start. */
export async function withEvalEntry<
  Bundle extends { readonly entry: string; readonly modules: Readonly<Record<string, string>> },
>(bundle: Bundle): Promise<Bundle> {
  const source = await entryFunction(EVAL_SOURCE.replace("SCRIPT_URL", () => JSON.stringify(bundle.entry)));
  return { ...bundle, entry: EVAL_URL, modules: { ...bundle.modules, [EVAL_URL]: source } };
}

/**
 * Runs in the script's realm and holds nothing that the script may not have. A script that has ended at its top level
 * has not ended while a timer or a fetch of it is under way, as everywhere else; the isolate does not tell, so they are
 * counted here.
 */
const EVAL_SOURCE = `import { inspect } from "node:util";
const Answer = Response, { setTimeout: wait, fetch: send } = globalThis, underWay = new Set();
const track = (promise) => {
  const done = () => void underWay.delete(promise);
  underWay.add(promise);
  promise.then(done, done);
  return promise;
};

function countWork() {
  for (const [start, stop, repeats] of [["setTimeout", "clearTimeout", false], ["setInterval", "clearInterval", true]]) {
    const { [start]: begin, [stop]: end } = globalThis;
    globalThis[start] = (callback, delay, ...given) => {
      if (typeof callback !== "function") return begin(callback, delay, ...given);
      const timer = begin((...all) => {
        if (!repeats) underWay.delete(timer);
        callback(...all);
      }, delay, ...given);
      underWay.add(timer);
      return timer;
    };
    globalThis[stop] = (timer) => {
      underWay.delete(timer);
      end(timer);
    };
  }
  globalThis.fetch = (...given) => track(send(...given));
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    const read = Response.prototype[name];
    Response.prototype[name] = function (...given) {
      return track(read.apply(this, given));
    };
  }
}

async function ended() {
  // A turn first: what a promise sets off begins in it.
  for (let delay = 0; delay === 0 || underWay.size > 0; delay = 5) {
    await new Promise((resolve) => wait(resolve, delay));
  }
}

// Rejects with an error that nobody handles: it ends a script here as everywhere else. That Deno is always told that a
// rejection was handled must not count, so only the script's own call does.
function uncaught() {
  return new Promise((_, reject) => {
    addEventListener("error", (event) => queueMicrotask(() => event.defaultPrevented || reject(TOLD)));
    addEventListener("unhandledrejection", (event) => {
      const { preventDefault } = event;
      let handled = false;
      event.preventDefault = () => {
        handled = true;
        preventDefault.call(event);
      };
      queueMicrotask(() => handled || reject(TOLD));
    });
  });
}

const TOLD = Symbol("told");

async function run() {
  const { default: [script] } = await import(SCRIPT_URL);
  const exported = await script();
  const compiled = exported.default;
  const value = await (compiled?.__esModule === true && "default" in compiled ? compiled.default : compiled);
  await ended();
  return value;
}

export default {
  async fetch(request) {
    const { args, color } = await request.json();
    Deno.args = args;
    process.argv = ["nano", "eval", ...args];
    countWork();
    try {
      const value = await Promise.race([run(), uncaught()]);
      if (value === undefined) return Answer.json({ ok: true, value: null, handler: false });
      if (typeof value === "function" || typeof value?.fetch === "function") {
        return Answer.json({ ok: true, value: null, handler: true });
      }
      const text = typeof value === "string" ? value : inspect(value, { colors: color, depth: 6 });
      return Answer.json({ ok: true, value: text, handler: false });
    } catch (error) {
      return Answer.json({ ok: false, error: error === TOLD ? null : inspect(error) });
    }
  },
};
`;
