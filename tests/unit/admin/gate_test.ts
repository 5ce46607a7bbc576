/** Who gets in: wrong tokens, sessions of the dashboard, and what a page of another site may not do. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Hono } from "hono";
import type { AdminEnv } from "../../../admin/gate/admin_env.ts";
import { FailedAttempts } from "../../../admin/gate/failed_attempts.ts";
import { Sessions } from "../../../admin/gate/session.ts";
import { apiBench, BEARER, problem, refusal, TOKEN } from "./api_bench.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const OWN = "http://127.0.0.1:9090";

function bench(options: Parameters<typeof apiBench>[0] = {}) {
  const sessions = new Sessions();
  const dashboard = () =>
    new Hono<AdminEnv>()
      .get("/", (context) => context.text("overview"))
      .get("/login", (context) => context.text("login page"))
      .get("/assets/:name", (context) => context.text("asset", 200, { "cache-control": "max-age=60" }))
      .get("/page", (context) => {
        context.header("content-security-policy", "default-src 'self'");
        return context.text("page");
      })
      .post("/do", async (context) => context.text(String((await context.req.parseBody())["what"])));
  return { sessions, ...apiBench({ sessions, dashboard, ...options }) };
}

async function quick(response: Response): Promise<[number, string | null]> {
  await response.body?.cancel();
  return [response.status, response.headers.get("location")];
}

Deno.test("ten guesses a minute are answered with 401, more with 429, the right token always gets in", async () => {
  let now = 0;
  const { bare } = apiBench({ failedAttempts: new FailedAttempts({ now: () => now }) });
  let guess = 0;
  const send = (token: string) => bare("/admin/apps", { headers: { authorization: `Bearer ${token}` } });
  const wrong = () => send(`wrong${guess++}`);
  for (let turn = 0; turn < 10; turn++) assertEquals(await refusal(await wrong()), [401, "UNAUTHORIZED"]);
  now = 15_000;
  const limited = await wrong();
  assertEquals(limited.headers.get("retry-after"), "45");
  assertEquals(await refusal(limited), [429, "TOO_MANY_ATTEMPTS"]);
  const right = await bare("/admin/apps", { headers: BEARER });
  assertEquals((await quick(right))[0], 200, "a stranger behind the same proxy locks nobody out");
  assertEquals(await refusal(await send("wrong0")), [401, "UNAUTHORIZED"], "the same once more is no other guess");
  const none = await bare("/admin/apps");
  assertEquals(await refusal(none), [401, "UNAUTHORIZED"]);
  now = 60_001;
  assertEquals(await refusal(await wrong()), [401, "UNAUTHORIZED"]);
});

Deno.test("an address that sends many wrong tokens is told once as a warning", async () => {
  const { target, bare } = apiBench();
  const told: unknown[] = [];
  target.events.listen((event) => told.push(event));
  for (let turn = 0; turn < 13; turn++) {
    await quick(await bare("/admin/apps", { headers: { authorization: `Bearer x${turn}` } }));
  }
  assertEquals(told, [{ event: "warning", text: "Many wrong admin tokens come from 192.0.2.7" }]);
});

Deno.test("FailedAttempts counts each address for itself and forgets the oldest above its bound", () => {
  let now = 0;
  const attempts = new FailedAttempts({ now: () => now, limit: 1, windowMs: 1000, maxAddresses: 3 });
  assertEquals([attempts.add("a", "1"), attempts.add("a", "2"), attempts.add("b", "1")], [0, 1, 0]);
  assertEquals([attempts.add("a", "1"), attempts.add("a", "1")], [0, 0], "each token once");
  for (let turn = 0; turn < 100; turn++) attempts.add(`x${turn}`, "1");
  assertEquals(attempts.size, 3);
  now = 1000;
  attempts.add("late", "1");
  assertEquals(attempts.size, 1);
});

Deno.test("POST /login opens a session for the right token only", async () => {
  const { bare, sessions } = bench();
  const login = (token: string, next = "") =>
    bare("/login", { method: "POST", body: `token=${token}&next=${next}`, headers: FORM });
  const failed = await login("wrong", encodeURIComponent("/apps/x?tab=1"));
  assertEquals(await quick(failed), [303, `/login?problem=wrong&next=${encodeURIComponent("/apps/x?tab=1")}`]);
  assertEquals([failed.headers.get("set-cookie"), sessions.size], [null, 0]);

  const opened = await login(TOKEN, encodeURIComponent("/apps/x?tab=1"));
  assertEquals(await quick(opened), [303, "/apps/x?tab=1"]);
  assertMatch(
    opened.headers.get("set-cookie")!,
    /^nano_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  for (
    const elsewhere of [
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "https://evil.example",
      "https:evil.example",
      "javascript:1",
      "x",
      "",
      "/\t/evil",
      "/\n/evil.example",
      "\t//evil.example",
      "/.//evil.example",
      "/./\\evil.example",
      "/..//evil.example",
      "/%2e//evil.example",
      "/%2E%2e//evil.example",
      "/apps/..//evil.example",
      "/apps/../\t/evil.example",
      "/.///evil.example/..//x",
      "//user@listener.invalid/x",
      "//listener.invalid:80//evil.example",
    ]
  ) {
    assertEquals(await quick(await login(TOKEN, encodeURIComponent(elsewhere))), [303, "/"], elsewhere);
    const failed = new URL((await quick(await login("wrong", encodeURIComponent(elsewhere))))[1]!, OWN);
    assertEquals([failed.origin, failed.searchParams.get("next")], [OWN, "/"], elsewhere);
  }
  const secure = await bare("/login", {
    method: "POST",
    body: `token=${TOKEN}`,
    headers: { ...FORM, "x-forwarded-proto": "https" },
  });
  await secure.body?.cancel();
  assertMatch(secure.headers.get("set-cookie")!, /; Secure/);
});

Deno.test("the login counts wrong tokens as the API does, and refuses other sites and long forms", async () => {
  const { bare } = bench();
  const post = (body: string, headers: Record<string, string> = {}) =>
    bare("/login", { method: "POST", body, headers: { ...FORM, ...headers } });
  assertEquals(await refusal(await post(`token=${TOKEN}`, { origin: "http://evil.example" })), [403, "FORBIDDEN"]);
  assertEquals(await refusal(await post(`token=${TOKEN}`, { "sec-fetch-site": "same-site" })), [403, "FORBIDDEN"]);
  assertEquals(await refusal(await post("token=" + "x".repeat(1024 * 1024))), [413, "BODY_TOO_LARGE"]);
  for (let turn = 0; turn < 10; turn++) await quick(await post(`token=wrong${turn}`));
  assertEquals(await quick(await post("token=another")), [303, "/login?problem=limit&next=%2F"]);
  assertEquals(await quick(await post(`token=${TOKEN}`)), [303, "/"]);
});

Deno.test("the session's cookie opens pages and API; a change also wants its CSRF token", async () => {
  const { bare, sessions, target } = bench();
  const { id, csrf } = sessions.open();
  const cookie = `nano_session=${id}`;
  for (const path of ["/", "/page", "/admin/apps", "/metrics"]) {
    assertEquals((await quick(await bare(path, { headers: { cookie } })))[0], 200, path);
  }
  const restart = (headers: Record<string, string>) =>
    bare("/admin/apps/app-1/restart", { method: "POST", headers: { cookie, ...headers } });
  for (const headers of [{}, { "x-nano-csrf": "" }, { "x-nano-csrf": id }, { "x-nano-csrf": sessions.open().csrf }]) {
    assertEquals(await refusal(await restart(headers as Record<string, string>)), [403, "FORBIDDEN"]);
  }
  assertEquals(target.operations.entries, []);
  assertEquals((await quick(await restart({ "x-nano-csrf": csrf, origin: OWN })))[0], 200);
  assertEquals(target.operations.entries.map(({ actor }) => actor), ["dashboard 192.0.2.7"]);
  assertEquals(await refusal(await restart({ "x-nano-csrf": csrf, origin: "http://127.0.0.1:8080" })), [
    403,
    "FORBIDDEN",
  ]);
  assertEquals(await refusal(await restart({ "x-nano-csrf": csrf, "sec-fetch-site": "same-site" })), [
    403,
    "FORBIDDEN",
  ]);

  const form = (body: string) => bare("/do", { method: "POST", body, headers: { cookie, ...FORM } });
  assertEquals(await refusal(await form("what=tidy")), [403, "FORBIDDEN"]);
  assertEquals(await (await form(`what=tidy&csrf=${csrf}`)).text(), "tidy", "the form is still there to be read");
  assertEquals(await refusal(await form(`csrf=${csrf}&what=${"x".repeat(1024 * 1024)}`)), [413, "BODY_TOO_LARGE"]);
});

Deno.test("a page of another port of the same host gets nothing by the cookie, but a link to the dashboard works", async () => {
  const { bare, sessions } = bench();
  const cookie = `nano_session=${sessions.open().id}`;
  const foreign = { cookie, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" };
  assertEquals(await refusal(await bare("/admin/apps", { headers: foreign })), [401, "UNAUTHORIZED"]);
  const link = { ...foreign, "sec-fetch-mode": "navigate", accept: "text/html" };
  assertEquals((await quick(await bare("/page", { headers: link })))[0], 200);
});

Deno.test("a cookie of the session's name that an app's page planted locks nobody out", async () => {
  const { bare, sessions } = bench();
  const own = `nano_session=${sessions.open().id}`;
  for (
    const cookie of [
      `nano_session=planted; ${own}`,
      `a=1; ${own}; nano_session=`,
      `nano_session=; x=nano_session=y; ${own}`,
    ]
  ) {
    assertEquals((await quick(await bare("/page", { headers: { cookie } })))[0], 200, cookie);
  }
  assertEquals(await refusal(await bare("/admin/apps", { headers: { cookie: "nano_session=planted" } })), [
    401,
    "UNAUTHORIZED",
  ]);
});

Deno.test("POST /logout ends the session", async () => {
  const { bare, sessions } = bench();
  const { id, csrf } = sessions.open();
  const cookie = `nano_session=${id}`;
  assertEquals(await refusal(await bare("/logout", { method: "POST", headers: { cookie } })), [403, "FORBIDDEN"]);
  const out = await bare("/logout", { method: "POST", body: `csrf=${csrf}`, headers: { cookie, ...FORM } });
  assertEquals(await quick(out), [303, "/login"]);
  assertMatch(out.headers.get("set-cookie")!, /^nano_session=; Max-Age=0; Path=\//);
  assertEquals(sessions.find(id), null);
  assertEquals(await refusal(await bare("/admin/apps", { headers: { cookie } })), [401, "UNAUTHORIZED"]);
});

Deno.test("who is not logged in is led to the login when asking for a page, and refused otherwise", async () => {
  const { bare } = bench();
  const html = { accept: "text/html,application/xhtml+xml" };
  assertEquals(await quick(await bare("/page?x=1", { headers: html })), [
    303,
    `/login?next=${encodeURIComponent("/page?x=1")}`,
  ]);
  assertEquals(await quick(await bare("/", { headers: { ...html, cookie: "nano_session=forged" } })), [
    303,
    "/login?next=%2F",
  ]);
  assertEquals(await refusal(await bare("/")), [401, "UNAUTHORIZED"]);
  assertEquals(await refusal(await bare("/admin/apps", { headers: html })), [401, "UNAUTHORIZED"]);
  assertEquals(await refusal(await bare("/", { headers: { ...html, authorization: "Bearer no" } })), [
    401,
    "UNAUTHORIZED",
  ]);
  assertEquals(await refusal(await bare("/do", { method: "POST", headers: html })), [401, "UNAUTHORIZED"]);
});

Deno.test("the login page and the assets are open, and pages keep headers of their own", async () => {
  const { bare, sessions } = bench();
  assertEquals(await (await bare("/login")).text(), "login page");
  const asset = await bare("/assets/app.css");
  assertEquals([asset.headers.get("cache-control"), await asset.text()], ["max-age=60", "asset"]);
  assertEquals(await refusal(await bare("/assets", {})), [401, "UNAUTHORIZED"]);
  assertEquals(await refusal(await bare("/assets/app.css", { method: "POST" })), [401, "UNAUTHORIZED"]);
  const page = await bare("/page", { headers: { cookie: `nano_session=${sessions.open().id}` } });
  assertEquals([page.headers.get("content-security-policy"), await page.text()], ["default-src 'self'", "page"]);
  assertEquals(page.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("a session ends after its idle time, and the idlest when there are too many", () => {
  let now = 0;
  const sessions = new Sessions({ now: () => now, idleMs: 100, maxSessions: 2 });
  const first = sessions.open();
  assert(first.id !== first.csrf && first.id.length === 43);
  now = 60;
  assertEquals(sessions.find(first.id), first);
  now = 159;
  assertEquals(sessions.find(first.id), first, "a request begins the idle time anew");
  const second = sessions.open();
  sessions.find(first.id);
  const third = sessions.open();
  assertEquals([sessions.find(second.id), sessions.find(first.id), sessions.find(third.id)], [null, first, third]);
  sessions.close(third.id);
  assertEquals([sessions.size, sessions.find("")], [1, null]);
  now = 259;
  assertEquals([sessions.find(first.id), sessions.size], [null, 0]);
});

Deno.test("a bearer token beside a cookie is what counts", async () => {
  const { bare, sessions, target } = bench();
  const cookie = `nano_session=${sessions.open().id}`;
  const done = await bare("/admin/apps/app-1/restart", { method: "POST", headers: { cookie, ...BEARER } });
  assertEquals((await quick(done))[0], 200);
  assertEquals(target.operations.entries[0]?.actor, "api 192.0.2.7");
  const wrong = await problem(await bare("/admin/apps", { headers: { cookie, authorization: "Bearer x" } }));
  assertEquals(wrong.code, "UNAUTHORIZED");
});
