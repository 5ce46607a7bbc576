/** Streams and Responses as what handlers of HTMLRewriter insert: lol-html takes texts, so they are read before. */

type Insert = (this: object, content: unknown, options?: unknown) => unknown;
type Prototype = Record<string, Insert | undefined>;

/** Methods that insert something. */
const INSERTING = ["before", "after", "prepend", "append", "replace", "setInnerContent"];

/** What is inserted into a token once its handler has ended, in order. */
const waiting = new WeakMap<object, (() => Promise<void>)[]>();

/** Calls a handler; what it inserts of streams is in its place when the answer has resolved. */
export function handle(handler: (token: object) => unknown, token: object): void | Promise<void> {
  const inserts: (() => Promise<void>)[] = [];
  waiting.set(token, inserts);
  const result = handler(token);
  const isLater = typeof (result as { then?: unknown } | null | undefined)?.then === "function";
  return isLater || inserts.length > 0 ? insertAll(result, inserts) : undefined;
}

async function insertAll(result: unknown, inserts: readonly (() => Promise<void>)[]): Promise<void> {
  await result;
  // An insertion adds none, and a handler that has ended adds none either.
  for (const insert of inserts) await insert();
}

/** Makes the methods of an engine's classes take them. */
export function takeStreams(classes: Readonly<Record<string, { readonly prototype: object }>>): void {
  for (const { prototype } of Object.values(classes)) {
    if (prototype === undefined) continue;
    const methods = prototype as Prototype;
    for (const name of INSERTING) {
      const native = methods[name];
      if (native !== undefined) methods[name] = inserting(native);
    }
    const { onEndTag } = methods;
    if (onEndTag === undefined) continue;
    methods["onEndTag"] = function (handler) {
      return onEndTag.call(this, (tag: object) => handle(handler as (token: object) => unknown, tag));
    };
  }
}

function inserting(native: Insert): Insert {
  return function (content, options) {
    const inserts = waiting.get(this);
    const isStream = content instanceof ReadableStream || content instanceof Response;
    // What comes behind a stream has its place behind it.
    if (inserts === undefined || (!isStream && inserts.length === 0)) return native.call(this, content, options);
    inserts.push(async () => {
      native.call(this, isStream ? await textOf(content) : content, options);
    });
    return this;
  };
}

function textOf(content: ReadableStream | Response): Promise<string> {
  return (content instanceof Response ? content : new Response(content)).text();
}
