/**
 * An app that computes until the host dies, at each place where code of an app runs. Which natives make V8 end the process
 * changes from version to version: whoever uses it sends what V8 would, while it computes.
 */

/** Long enough for a test to kill it, and within what an app may compute. */
export const SPIN = "for (const end = Date.now() + 300_000; Date.now() < end;);";

/** Says "here" and computes where its path says: in the handler, in a timer, in a stream, after the response. */
export const KILLER = `
const spin = () => { ${SPIN} };
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
export default async (request, env, ctx) => {
  console.log("here");
  await soon();
  switch (new URL(request.url).pathname) {
    case "/handler": spin(); break;
    case "/timer": setTimeout(spin, 300); break;
    case "/after": ctx.waitUntil(soon().then(spin)); break;
    case "/stream": return new Response(new ReadableStream({
      start: (c) => c.enqueue(new Uint8Array(1)),
      async pull() { await soon(); spin(); },
    }, { highWaterMark: 0 }));
  }
  return new Response("fine");
};`;

/** Lets it compute for as long as it takes. */
export const KILLER_LIMITS = { cpu_ms: 300_000, timeout_ms: 300_000 };
