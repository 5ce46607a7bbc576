/** Makes an app that does a deed at one place of its life. */

/** Where in its life an app does harm. */
export type Place = "handler" | "top level" | "timer" | "microtask" | "stream" | "after the response" | "drain";

/** Names that a deed may use, beside `request`, `env` and `context`. */
const TOOLS = `
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const text = (length) => "x".repeat(length);
const never = () => new Promise(() => {});
const kept = [];
/** Fails the case when something works that must not; \`make\` may throw, reject or give nothing. */
async function refused(make) {
  let told;
  try {
    const got = await make();
    if (got === undefined || got === null || got === false) return;
    // The names of a deferred module are what evaluates it
    told = typeof got === "object" ? "an object of " + Object.keys(got) : String(got);
  } catch { return; }
  throw new Error("reached " + told.slice(0, 200));
}
`;

const IN_PLACE: Readonly<Record<Exclude<Place, "top level">, string>> = {
  "handler": `return (await deed(request, env, context)) ?? new Response("done");`,
  "timer": `const { promise, resolve } = Promise.withResolvers();
    setTimeout(async () => resolve((await deed(request, env, context)) ?? new Response("done")), 0);
    return promise;`,
  "microtask": `const { promise, resolve } = Promise.withResolvers();
    queueMicrotask(async () => resolve((await deed(request, env, context)) ?? new Response("done")));
    return promise;`,
  "stream": `let turn = 0;
    return new Response(new ReadableStream({ async pull(controller) {
      if (turn++ === 0) return controller.enqueue(new TextEncoder().encode("do"));
      await later(20);
      await deed(request, env, context);
      controller.enqueue(new TextEncoder().encode("ne"));
      controller.close();
    } }, { highWaterMark: 0 }));`,
  "after the response": `context.waitUntil(later(20).then(() => deed(request, env, context)));
    return new Response("done");`,
  // The body's end is the runner's signal that the app drains
  "drain": `console.log("holding");
    await request.text();
    return (await deed(request, env, context)) ?? new Response("done");`,
};

/** The module of an app; `GET /alive` is always answered with "alive". */
export function appSource(deed: string, place: Place): string {
  const alive = `if (new URL(request.url).pathname === "/alive") return new Response("alive");`;
  const body = place === "top level" ? `return new Response("done");` : IN_PLACE[place];
  return `${TOOLS}
async function deed(request, env, context) {
${deed}
}
${place === "top level" ? `await deed(new Request("http://app/"), Deno.env.toObject(), { waitUntil() {} });` : ""}
export default { async fetch(request, env, context) {
  ${alive}
  ${body}
} };
`;
}
