/** Apps that patch natives of every kind harm nobody but themselves and get around no limit. */
import { assert, assertEquals } from "@std/assert";
import { Arena } from "./arena.ts";
import { patchedApp, PATCHES } from "./patched_app.ts";

const BODY = "a".repeat(200_000);

/** What each deed answers. */
const DEEDS: readonly [deed: string, init: () => RequestInit, answer: string][] = [
  ["plain", () => ({}), "plain"],
  ["headers", () => ({ headers: { "x-asked": "heard" } }), "heard"],
  ["stream", () => ({}), "a".repeat(120_000)],
  ["echo", () => ({ method: "POST", body: BODY }), `${BODY.length}`],
  ["form", () => ({ method: "POST", body: formOf() }), "value content"],
  ["blob", () => ({}), "form 1"],
  ["clone", () => ({}), "kept"],
  ["cache", () => ({}), "cached"],
  ["fetch", () => ({}), "120000"],
  ["abort", () => ({}), "AbortError"],
  ["events", () => ({}), "an event"],
  ["pair", () => ({}), "over the pair"],
  ["log", () => ({}), "logged"],
  ["shared", () => ({}), "refused"],
  ["memory", () => ({}), "refused"],
  ["pbkdf2", () => ({}), "refused"],
];

/**
 * What an app's patches take from the app itself, by kind: the code below it is Deno's own and calls what was patched
 * (an event's dispatch, a stream's controller, a dictionary of options). It gets a truthful code then, and nobody else
 * notices. What is not named answers as if nothing was patched.
 */
const SELF_HARM: Readonly<Record<string, readonly string[] | "all">> = {
  "options on Object.prototype": "all",
  "the iteration protocol": "all",
  "promises": "all",
  "functions": "all",
  "lists": "all",
  "bytes": ["events"],
  "streams": "all",
  "requests and responses": "all",
  "events and aborts": ["abort", "events"],
  "globals": ["abort", "events"],
};
/** Limits, which no patch may lead around. */
const REFUSED = ["shared", "memory", "pbkdf2"];
/** Codes of an app that harms itself. */
const OWN_CODES = ["REQUEST_TIMEOUT", "APP_UNRESPONSIVE", "APP_EXCEPTION", "APP_BAD_RESPONSE"];

function formOf(): FormData {
  const form = new FormData();
  form.append("field", "value");
  form.append("file", new Blob(["content"]), "a.txt");
  return form;
}

function upstream(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/events") {
    return new Response("data: an event\n\n", { headers: { "content-type": "text/event-stream" } });
  }
  if (pathname === "/never") return new Response(new ReadableStream());
  return new Response(request.body);
}

Deno.test("An app that patches natives harms nobody, and limits itself at most", async (t) => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, upstream);
  const config = {
    outbound: "any",
    env: { UPSTREAM: `http://127.0.0.1:${server.addr.port}` },
    external_mb: 64,
    timeout_ms: 60_000,
    cpu_ms: 20_000,
  };
  const kinds = Object.entries(PATCHES);
  const apps = Object.fromEntries(
    kinds.map(([kind, patch], index) => [
      `patched-${index}`,
      { files: patchedApp(patch), config: SELF_HARM[kind] === "all" ? { ...config, timeout_ms: 3000 } : config },
    ]),
  );
  await using arena = await Arena.open(apps);
  for (const [index, [kind]] of kinds.entries()) {
    await t.step(kind, async () => {
      const app = `patched-${index}`;
      const mark = arena.mark;
      const lost = SELF_HARM[kind] ?? [];
      const seen: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const [deed, init, answer] of DEEDS) {
        // Each of these may take until its time limit
        if (lost === "all" && !["plain", "log", ...REFUSED].includes(deed)) continue;
        const sight = await arena.attack(app, `/${deed}`, init());
        const told = sight.status === 200 ? sight.text.slice(0, 600) : `${sight.status} ${sight.code}`;
        const isOwnHarm = sight.status === 200 ? told.startsWith("failed: ") : OWN_CODES.includes(`${sight.code}`);
        if ((lost === "all" || lost.includes(deed)) && isOwnHarm) continue;
        seen[deed] = told;
        wanted[deed] = answer.slice(0, 600);
      }
      assertEquals(seen, wanted);
      await arena.assertUnharmed();
      if (kind in SELF_HARM) return;
      const thrown = await arena.attack(app, "/throws");
      assertEquals([thrown.status, thrown.code], [500, "APP_EXCEPTION"]);
      // The host's own account: each request with its status and end, the app's line and its exception in the log
      await arena.nano.waitForEvent(({ event, app: one, code }) =>
        event === "request" && one === app && code === "APP_EXCEPTION"
      );
      const records = arena.nano.events.slice(mark).filter(({ app: one }) => one === app);
      const ends = records.filter(({ event }) => event === "request").map(({ status, end }) => `${status} ${end}`);
      assertEquals(ends, [...DEEDS.map(() => "200 done"), "500 app_failed"]);
      const lines = records.filter(({ event }) => event === "app_log").map(({ text }) => `${text}`);
      assert(lines.includes("a line of the app"), lines.join("\n"));
      assertEquals(records.filter(({ event }) => event === "app_exit"), []);
    });
  }
});
