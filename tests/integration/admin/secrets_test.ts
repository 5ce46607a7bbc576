/** Secrets of apps and of NANO: nothing that an operator or a client can read ever holds one. */
import { assert, assertEquals } from "@std/assert";
import { AdminScene, TOKEN, zipOf } from "./admin_scene.ts";

const FROM_ENV = "canary-env-5d41402abc4b2a76";
const FROM_FILE = "canary-file-7d793037a0760186";
const ADDED = "canary-added-9e107d9d372bb682";

/** Tells its secrets in every way that NANO passes on to the operator. */
const TELLTALE = `const { KEY, CERT } = Deno.env.toObject();
console.log("loaded with", KEY, CERT, JSON.stringify({ KEY, CERT }));
export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    console.error("asked with", env.KEY, { deep: [env.CERT] });
    if (pathname === "/throw") throw new TypeError("failed with " + env.KEY);
    if (pathname === "/reject") Promise.reject(new Error("rejected with " + env.CERT));
    if (pathname === "/die") setTimeout(() => { throw new Error("died with " + env.KEY); });
    return new Response("has " + (env.KEY === ${JSON.stringify(FROM_ENV)} && env.CERT.trim().length > 0));
  },
};
`;
const BROKEN = `throw new Error("cannot begin with " + Deno.env.get("KEY") + Deno.env.get("CERT"));`;

Deno.test("no answer, log line, metric, page or error holds a secret", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${FROM_FILE}\n`);
  const env = { KEY: { from_env: "CANARY" }, CERT: { from_file: file }, MODE: "shown" };
  const apps = { app: { files: TELLTALE, config: { env } } };
  await using scene = await AdminScene.create(apps, {
    env: { CANARY: FROM_ENV, LATER: ADDED },
    config: { admin: { port: 0 } },
  });
  const told: [place: string, text: string][] = [];
  const stop = new AbortController();
  const followed = [
    "/admin/events?types=app_log,app_failed,app_exit,operator_change,config_rejected",
    "/admin/logs?follow=1",
  ]
    .map(async (path) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await fetch(scene.adminUrl + path, { headers, signal: stop.signal });
      const decoder = new TextDecoder();
      let text = "";
      try {
        for await (const chunk of response.body!) text += decoder.decode(chunk);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
      assert(text.length > 100, `${path} tells nothing`);
      told.push([path, text]);
    });
  const ask = async (method: string, path: string, json?: unknown) => {
    const headers = { accept: path.startsWith("/admin") ? "*/*" : "text/html" };
    const answer = await scene.ask(method, path, json === undefined ? { headers } : { json, headers });
    told.push([`${method} ${path}`, answer.text + JSON.stringify([...answer.headers])]);
    return answer;
  };
  const output = () => {
    const { events, strayLines, stderr } = scene.nano;
    told.push(["stdout", JSON.stringify([events, strayLines])], ["stderr", stderr]);
  };
  const visit = async (path: string) => {
    const response = await scene.nano.fetch("app", path);
    const text = await response.text();
    told.push([`app ${path}`, text]);
    return text;
  };

  assertEquals(await visit("/"), "has true");
  for (const path of ["/throw", "/reject", "/die", "/"]) await visit(path);
  await ask("PATCH", "/admin/apps/app", { env: { LATE: { from_env: "LATER" } } });
  await ask("PATCH", "/admin/apps/app", { env: { WRONG: { from_env: "NOT_THERE" } } });
  await ask("PATCH", "/admin/apps/app", { env: { KEY: { from_env: FROM_ENV.toUpperCase(), extra: 1 } } });
  await scene.project.writeFile("broken", "index.js", BROKEN);
  const broken = { name: "broken", hostname: "broken.test", path: "./apps/broken", env };
  assertEquals((await ask("POST", "/admin/apps", broken)).status, 400);
  const deployed = await scene.ask("POST", "/admin/apps/app/versions", { body: zipOf(BROKEN) });
  told.push(["deploy", deployed.text]);
  assertEquals(deployed.status, 400);
  await scene.project.setApp("broken", { files: BROKEN, config: { env } });
  await ask("POST", "/admin/reload");
  for (
    const path of [
      "apps",
      "apps/app",
      "apps/app/logs",
      "logs",
      "logs?kind=exception",
      "config",
      "history",
      "openapi.json",
      "apps/app/series",
      "health",
    ]
  ) {
    await ask("GET", `/admin/${path}`);
  }
  const pages = ["/", "/apps/app", "/config", "/history", "/logs", "/metrics", "/readyz", "/login", "/nothing"];
  for (const path of pages) await ask("GET", path);
  const shown = (await ask("GET", "/admin/apps/app")).json;
  assertEquals(shown.env, { CERT: "***", KEY: "***", LATE: "***", MODE: "shown" });
  assertEquals(shown.secrets, ["CERT", "KEY", "LATE"]);

  stop.abort();
  await Promise.all(followed);

  output();

  // A start with an app that is broken: its error is kept as the state of the app.
  await scene.restart("SIGTERM");
  for (const path of ["/admin/apps", "/admin/apps/broken", "/", "/apps/broken"]) await ask("GET", path);
  assertEquals((await ask("GET", "/admin/apps/broken")).json.state, "failed");
  told.push(["broken app", await (await scene.nano.fetch("broken")).text()]);
  output();

  assert(told.some(([, text]) => text.includes("failed with ***")), "the exception itself is told");
  assert(told.some(([, text]) => text.includes("cannot begin with ******")), "the error of a start is told");
  for (const [place, text] of told) {
    for (const secret of [FROM_ENV, FROM_FILE, ADDED, TOKEN]) {
      const at = text.indexOf(secret);
      assertEquals(at === -1 ? "" : text.slice(Math.max(0, at - 100), at + 100), "", `${place} tells ${secret}`);
    }
  }
  await Deno.remove(file);
});
