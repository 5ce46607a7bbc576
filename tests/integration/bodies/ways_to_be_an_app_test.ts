/** The ways to be an app, through the real start: Deno.serve, fetch events, classes, and what is no app. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APPS: Readonly<Record<string, string>> = {
  served:
    `Deno.serve((request, info) => new Response(new URL(request.url).pathname + " " + info.remoteAddr.hostname));`,
  optioned:
    `Deno.serve({ port: 8000, hostname: "0.0.0.0", onListen: ({ port }) => console.log("listens", typeof port) },
    () => new Response("with options"));`,
  handled: `const server = Deno.serve({ port: 1234, handler: () => new Response("handler option") });
    await server.finished;`,
  evented: `addEventListener("fetch", (event) => event.respondWith(new Response("event " + event.request.method)));`,
  asynchronous: `self.addEventListener("fetch", (event) => {
      event.respondWith(new Promise((resolve) => setTimeout(() => resolve(new Response("later")), 5)));
    });`,
  mute: `addEventListener("fetch", () => {});`,
  instance: `class App { #text = "instance"; fetch() { return new Response(this.#text); } }
    export default new App();`,
  getter: `export default { get fetch() { return () => new Response("getter"); } };`,
  bare: `export default function handle(request: Request): Response { return new Response("bare " + request.method); }`,
  nothing: `export const helper = 1;`,
};

const ANSWERS: Readonly<Record<string, string>> = {
  served: "/path 127.0.0.1",
  optioned: "with options",
  handled: "handler option",
  evented: "event GET",
  asynchronous: "later",
  instance: "instance",
  getter: "getter",
  bare: "bare GET",
};

Deno.test("Every way to be an app", async (t) => {
  const apps = Object.fromEntries(Object.entries(APPS).map(([name, files]) => [name, { files }]));
  await using project = await TempProject.create(apps);
  await using nano = await NanoProcess.start(project.configFile);
  for (const [app, expected] of Object.entries(ANSWERS)) {
    await t.step(app, async () => {
      const response = await nano.fetch(app, "/path");
      assertEquals([response.status, await response.text()], [200, expected]);
    });
  }
  await t.step("options that NANO ignores are named in the app's log", async () => {
    for (const [app, option] of [["optioned", "port"], ["optioned", "hostname"], ["handled", "port"]] as const) {
      const line = await nano.waitForEvent(({ event, app: of, text }) =>
        event === "app_log" && of === app && String(text).includes(`option "${option}" is ignored`)
      );
      assertEquals(line["level"], "warn");
    }
    await nano.waitForEvent(({ event, app, text }) =>
      event === "app_log" && app === "optioned" && text === "listens number"
    );
  });
  await t.step("a listener that does not answer is the app's mistake", async () => {
    const response = await nano.fetch("mute", "/");
    assertEquals([response.status, response.headers.get("nano-error")], [500, "APP_EXCEPTION"]);
    await response.body?.cancel();
    await nano.waitForEvent(({ event, text }) => event === "app_log" && String(text).includes("respondWith"));
  });
  await t.step("an app without a handler fails with a text that helps", async () => {
    const response = await nano.fetch("nothing", "/");
    assertEquals([response.status, response.headers.get("nano-error")], [503, "APP_FAILED"]);
    await response.body?.cancel();
    const failed = await nano.waitForEvent(({ event, app }) => event === "app_failed" && app === "nothing");
    for (const part of ["exports helper", "export default", "Deno.serve"]) {
      assertStringIncludes(String(failed["error"]), part);
    }
  });
});
