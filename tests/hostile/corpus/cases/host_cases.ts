/** The host at its limits: few descriptors, killed processes, culprits that end it, and trees too large to look at. */
import { childrenOf, isRunning } from "../../../integration/life/host_threads.ts";
import { until } from "../../../integration/life/until.ts";
import { RawConnection } from "../../../support/raw_http.ts";
import { type CorpusScene, DEADLINE_MS } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";
import { freePort } from "../../../support/free_port.ts";
import { limitedProgram } from "../own_host.ts";
import { withUpstream } from "../bad_upstream.ts";

/** Kills the host under its guardian and waits for the next. */
async function killedHost(scene: CorpusScene, kill: (host: number) => Promise<void> | void): Promise<string> {
  const [host] = childrenOf(scene.nano.pid);
  if (host === undefined) return "there is no host";
  const from = scene.nano.events.length;
  await kill(host);
  await until(() => !isRunning(host), "the host ends", DEADLINE_MS);
  await scene.nano.waitForEvent(({ event }) => event === "server_start", DEADLINE_MS, from);
  await until(async () => (await scene.see("canary")).startsWith("200 canary "), "the canary sings again", DEADLINE_MS);
  return scene.nano.events.slice(from).some(({ event }) => event === "host_died") ? "back" : "nobody was told";
}

const GUARDED = { guardian: true, config: { port: freePort() } };

/** Attacks on what the host stands on. */
export const HOST_CASES: readonly HostileCase[] = [
  {
    name: "more idle connections than descriptors",
    deed: `return new Response("done");`,
    own: { program: limitedProgram({ descriptors: 400 }) },
    act: async (scene, app) => {
      const open: RawConnection[] = [];
      try {
        for (let count = 0; count < 600; count++) {
          try {
            open.push(await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS }));
          } catch {
            break; // refused: that is the host's right
          }
        }
      } finally {
        for (const connection of open) connection.close();
      }
      await until(async () => await scene.see(app) === "200", "it serves after the crowd has gone", DEADLINE_MS);
      // What the neighbours lost meanwhile the crowd has taken, not the host's death: another case looks at shares
      scene.load.failures.length = 0;
      return scene.isAlive ? "200" : "the host has ended";
    },
    sees: ["200"],
  },
  {
    name: "an app's own sockets beyond the descriptors",
    deed:
      `for (let i = 0; i < 600; i++) fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/silent").catch(() => {});
      await later(500);`,
    own: { program: limitedProgram({ descriptors: 400 }) },
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    limits: { outbound: "any" },
    sees: ["200"],
  },
  {
    name: "a host that is killed",
    deed: `return new Response("done");`,
    own: GUARDED,
    mayEndHost: true,
    act: (scene) => killedHost(scene, (host) => Deno.kill(host, "SIGKILL")),
    sees: ["back"],
  },
  {
    name: "a host that is killed while an app boots",
    deed: `await later(200);`,
    own: { guardian: true, config: { port: freePort() } },
    mayEndHost: true,
    act: (scene) =>
      killedHost(scene, async (host) => {
        const restart = scene.admin("POST", "/admin/apps/canary/restart").then((r) => r.body?.cancel(), () => {});
        Deno.kill(host, "SIGKILL");
        await restart;
      }),
    sees: ["back"],
  },
  {
    name: "a native call that ends the process",
    deed: `kept.push(Array.from({ length: 1e7 }, (_, i) => i ^ 0x5555).sort().length);`,
    own: { guardian: true, config: { port: freePort() } },
    limits: { memory_mb: 16, cpu_ms: 20_000, timeout_ms: 300_000 },
    mayEndHost: true,
    sees: ["cut", "503 APP_OUT_OF_MEMORY", "500 APP_EXCEPTION", "504 APP_UNRESPONSIVE", "200"],
    act: async (scene, app) => {
      const seen = await scene.see(app);
      await until(async () => (await scene.see("canary")).startsWith("200 canary "), "the canary sings", DEADLINE_MS);
      return seen;
    },
  },
  {
    name: "thirty-two apps that boot and die",
    deed: `return new Response("done");`,
    act: async (scene, app) => {
      const names = Array.from({ length: 8 }, (_, index) => `${app}-${index}`.slice(-60));
      const files = { "index.js": `throw new Error("at top level");` };
      const seen = await Promise.all(names.map((name) => scene.add(name, { files, limits: {} })));
      const wrong = seen.find((one) => one !== "400 CONFIG_INVALID");
      return wrong === undefined ? await scene.see(app) : String(wrong);
    },
    sees: ["200"],
  },
  {
    name: "a link to a tree of the machine in an app's folder",
    deed: `return new Response("done");`,
    act: async (scene, app) => {
      const folder = `${scene.project.dir}/apps/${app}`;
      await Deno.symlink("/usr", `${folder}/usr`);
      await scene.project.writeFile(app, "more.js", "export const more = 1;");
      const answer = await scene.admin("POST", "/admin/reload");
      await answer.body?.cancel();
      await Deno.remove(`${folder}/usr`);
      // The budget may end the scan with an error that names the path, or follow no link at all
      return answer.status === 200 || answer.status === 400 ? await scene.see(app) : String(answer.status);
    },
    sees: ["200"],
  },
  {
    name: "a source file of sixty megabytes",
    deed: `return new Response("done");`,
    act: async (scene, app) => {
      const name = "huge-source";
      const huge = `export default () => new Response("done"); /*${"x".repeat(60_000_000)}*/`;
      const refusal = await scene.add(name, { files: { "index.js": huge }, limits: { memory_mb: 128 } });
      if (refusal === null) await scene.remove(name);
      return refusal === null || refusal === "400 CONFIG_INVALID" ? await scene.see(app) : refusal;
    },
    sees: ["200"],
  },
  {
    name: "a folder that is a named pipe's home",
    deed: `return new Response("done");`,
    act: async (scene, app) => {
      const pipe = `${scene.project.dir}/apps/${app}/pipe.js`;
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      const answer = await scene.admin("POST", "/admin/reload");
      await answer.body?.cancel();
      await Deno.remove(pipe);
      return answer.status === 200 || answer.status === 400 ? await scene.see(app) : String(answer.status);
    },
    sees: ["200"],
  },
];
