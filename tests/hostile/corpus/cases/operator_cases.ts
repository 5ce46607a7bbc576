/** Operator surface: the admin listener, the dashboard, uploads and folders, as an enemy uses them. */
import { rawRequest } from "../../../support/raw_http.ts";
import { rawTarGz } from "../../../support/raw_tar.ts";
import { rawZip } from "../../../support/raw_zip.ts";
import { type CorpusScene, HOST_SECRET, NEIGHBOUR_SECRET, sightOf, TOKEN } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

const DONE = `return new Response("done");`;
const SOURCE = "export default { fetch: () => new Response('uploaded') };";
/** An archive that is no app is the client's mistake. */
const REFUSED_UPLOAD = ["400 USAGE", "400 CONFIG_INVALID", "413 BODY_TOO_LARGE", "400 BAD_REQUEST", "400 APP_FAILED"];

async function upload(scene: CorpusScene, app: string, archive: Uint8Array<ArrayBuffer>): Promise<string> {
  const response = await scene.admin("POST", `/admin/apps/${app}/versions`, {
    body: archive,
    headers: { "content-type": "application/octet-stream" },
  });
  const seen = await sightOf(response);
  const still = await scene.see(app);
  if (still !== (seen.startsWith("201") ? "200 uploaded" : "200")) return `the app says ${still} after ${seen}`;
  return seen.split(" ").slice(0, 2).join(" ");
}

function archive(
  name: string,
  bytes: (scene: CorpusScene) => Uint8Array<ArrayBuffer>,
  more: readonly string[] = [],
): HostileCase {
  return {
    name: `an upload with ${name}`,
    deed: DONE,
    act: (scene, app) => upload(scene, app, bytes(scene)),
    spoilsItself: true,
    sees: [...REFUSED_UPLOAD, ...more],
  };
}

/** Status of a request to the admin listener whose head is written by hand. */
async function adminRaw(scene: CorpusScene, head: string): Promise<string> {
  return String((await rawRequest(scene.nano.adminUrl!, `${head}\r\nConnection: close\r\n\r\n`)).status);
}

const bearer = `Authorization: Bearer ${TOKEN}`;
const good = { name: "index.js", content: SOURCE };

/** Every request of an app's own that could change something. */
const CHANGES = [["POST", "restart"], ["POST", "drain"], ["POST", "versions"], ["POST", "rollback"], ["DELETE", ""], [
  "PATCH",
  "",
]];

async function statusesOf(scene: CorpusScene, app: string, init: RequestInit): Promise<string> {
  const seen = new Set<number>();
  for (const [method, path] of CHANGES) {
    const response = await scene.admin(method!, `/admin/apps/${app}${path === "" ? "" : `/${path}`}`, init);
    await response.body?.cancel();
    seen.add(response.status);
  }
  const served = await scene.see(app);
  return served === "200" ? [...seen].sort().join() : `the app says ${served}`;
}

/** Signs in by the form. */
async function login(scene: CorpusScene, fields: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ token: TOKEN, ...fields });
  const response = await scene.admin("POST", "/login", { body, headers: { authorization: "none" } });
  await response.body?.cancel();
  return response;
}

/** Attacks on the side of the operator. */
export const OPERATOR_CASES: readonly HostileCase[] = [
  {
    name: "no token",
    deed: DONE,
    act: (scene, app) => statusesOf(scene, app, { headers: { authorization: "" } }),
    sees: ["401", "401,429", "429"],
  },
  {
    name: "wrong tokens",
    deed: DONE,
    act: (scene, app) => statusesOf(scene, app, { headers: { authorization: `Bearer ${TOKEN.slice(1)}` } }),
    sees: ["401", "401,429", "429"],
  },
  {
    name: "a foreign Host",
    deed: DONE,
    act: (scene) => adminRaw(scene, `GET /admin/apps HTTP/1.1\r\nHost: evil.example\r\n${bearer}`),
    sees: ["403", "400"],
  },
  {
    name: "a foreign Origin",
    deed: DONE,
    act: (scene, app) => statusesOf(scene, app, { headers: { origin: "https://evil.example" } }),
    sees: ["403"],
  },
  {
    name: "the admin listener by the public one",
    deed: DONE,
    act: async (scene, app) => {
      const seen = await scene.see(app, "/admin/apps", { headers: { authorization: `Bearer ${TOKEN}` } });
      const host = new URL(scene.nano.adminUrl!).host;
      const other = await scene.see(host, "/admin/apps", { headers: { authorization: `Bearer ${TOKEN}` } });
      return `${seen},${other}`;
    },
    sees: ["200,404 APP_NOT_FOUND"],
  },
  {
    name: "paths that climb",
    deed: DONE,
    act: async (scene) => {
      const paths = [
        "/assets/../../nano.json",
        "/assets/%2e%2e/%2e%2e/nano.json",
        "/assets/..%2f..%2fnano.json",
        "/admin/apps/..%2f..%2fconfig",
        "/assets//etc/passwd",
      ];
      const seen = new Set<string>();
      for (const path of paths) seen.add(await adminRaw(scene, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${bearer}`));
      return seen.has("200") ? "200" : "refused";
    },
    sees: ["refused"],
  },
  {
    name: "redirects off the site after the login",
    deed: DONE,
    act: async (scene) => {
      const wrong: string[] = [];
      for (
        const next of [
          "//evil.test",
          "/\\evil.test",
          "https://evil.test",
          "/\t/evil.test",
          "/.//evil.test",
          "/..//evil.test",
          "/x/..//evil.test",
          "/%2e//evil.test",
          "javascript:alert(1)",
          "/.\\/evil.test",
        ]
      ) {
        const place = (await login(scene, { next })).headers.get("location") ?? "";
        const { host } = new URL(place, scene.nano.adminUrl!);
        // What a browser makes of it once more after the first answer
        if (host !== new URL(scene.nano.adminUrl!).host || /^\/[/\\.]/.test(place)) wrong.push(`${next} -> ${place}`);
      }
      return wrong[0] ?? "stays";
    },
    sees: ["stays"],
  },
  {
    name: "a cookie without its CSRF token",
    deed: DONE,
    act: async (scene, app) => {
      const [cookie = ""] = (await login(scene, {})).headers.getSetCookie().map((text) => text.split(";")[0]!);
      return await statusesOf(scene, app, { headers: { authorization: "", cookie } });
    },
    sees: ["403", "401,403", "401"],
    // Where nobody has guessed tokens before: who guesses is told to wait, whatever else he asks.
    own: {},
  },
  {
    name: "texts with markup in the dashboard",
    deed:
      `console.error("<script>alert(1)</script><img src=x onerror=alert(2)>"); throw new Error("<script>alert(3)</script>");`,
    act: async (scene, app) => {
      await scene.see(app);
      const [cookie = ""] = (await login(scene, {})).headers.getSetCookie().map((text) => text.split(";")[0]!);
      for (const path of ["/", `/apps/${app}`, `/apps/${app}/logs`]) {
        const page =
          await (await scene.admin("GET", path, { headers: { authorization: "", cookie, accept: "text/html" } }))
            .text();
        if (/<script>alert|<img src=x/.test(page)) return `${path} shows it as markup`;
      }
      return "text";
    },
    sees: ["text"],
  },
  {
    name: "hostile names of apps",
    deed: DONE,
    act: async (scene) => {
      const seen = new Set<number>();
      for (
        const name of ["../../evil", "a b", "<script>", "", "a".repeat(100), "x\u0000y", "CON", "__proto__", "a/../b"]
      ) {
        const response = await scene.admin("POST", "/admin/apps", {
          body: JSON.stringify({ name, hostname: "evil.test", path: scene.project.dir }),
          headers: { "content-type": "application/json" },
        });
        await response.body?.cancel();
        seen.add(response.status);
      }
      return [...seen].sort().join();
    },
    sees: ["400"],
  },
  {
    name: "hostnames that belong to others",
    deed: DONE,
    act: async (scene, app) => {
      const seen: number[] = [];
      for (const hostname of ["canary", "CANARY.", "*", "*.*", "", "a b", `v1--${app}`]) {
        const response = await scene.admin("POST", "/admin/apps", {
          body: JSON.stringify({ name: `thief-${seen.length}`, hostname, path: `${scene.project.dir}/apps/${app}` }),
          headers: { "content-type": "application/json" },
        });
        await response.body?.cancel();
        seen.push(response.status);
      }
      return seen.some((status) => status < 400) ? `taken: ${seen.join()}` : "refused";
    },
    sees: ["refused"],
  },
  {
    name: "a document of the wrong kind",
    deed: DONE,
    act: async (scene) => {
      const seen = new Set<number>();
      for (
        const body of [
          "{",
          "[]",
          "null",
          '{"__proto__":{"x":1}}',
          `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
          "x".repeat(1_000_000),
        ]
      ) {
        const response = await scene.admin("POST", "/admin/apps", {
          body,
          headers: { "content-type": "application/json" },
        });
        await response.body?.cancel();
        seen.add(response.status);
      }
      return [...seen].every((status) => status === 400 || status === 413) ? "400" : [...seen].join();
    },
    sees: ["400"],
  },
  archive("a path that climbs", () => rawZip([good, { name: "../../evil.js", content: "x" }])),
  archive("an absolute path", () => rawTarGz([good, { name: "/tmp/nano-corpus-evil", content: "x" }])),
  archive(
    "a link to the outside",
    () => rawTarGz([good, { name: "out", type: "2", link: "/etc" }, { name: "out/evil", content: "x" }]),
  ),
  archive("a hard link", () => rawTarGz([good, { name: "hard", type: "1", link: "/etc/passwd" }])),
  archive("a link in a zip", () => rawZip([good, { name: "out", content: "/etc/passwd", mode: 0o120777 }])),
  archive("a device", () => rawTarGz([good, { name: "null", type: "3" }])),
  archive("a name twice", () => rawZip([good, good])),
  archive("a lying length", () => rawZip([{ ...good, declaredBytes: 10 }])),
  archive("a bomb", () => rawZip([good, { name: "zeros.bin", content: new Uint8Array(300 << 20) }]), ["201"]),
  archive("no end", () => rawTarGz([good], { end: false }).subarray(0, 60)),
  archive("nothing in it", () => rawZip([])),
  archive("noise", () => crypto.getRandomValues(new Uint8Array(5000))),
  archive("a throw at top level", () => rawZip([{ name: "index.js", content: "throw new Error('at top level');" }])),
  archive("a loop at top level", () => rawZip([{ name: "index.js", content: "for (;;);" }]), ["400 APP_UNAVAILABLE"]),
  archive(
    "growth at top level",
    () => rawZip([{ name: "index.js", content: "const a = []; for (;;) a.push(new Array(1000).fill(1));" }]),
  ),
  archive(
    "credentials for a registry",
    ({ trap }) =>
      rawZip([good, { name: ".npmrc", content: `registry=http://127.0.0.1:${trap.port}/\${NANO_HOST_SECRET}\n` }, {
        name: "package.json",
        content:
          '{"main":"index.js","dependencies":{"left-pad":"1.3.0"},"scripts":{"preinstall":"touch /tmp/nano-corpus-evil"}}',
      }]),
    ["201"],
  ),
  {
    name: "secrets in what an operator sees",
    deed: DONE,
    act: async (scene) => {
      for (
        const path of [
          "/admin/apps",
          "/admin/apps/canary",
          "/admin/config",
          "/metrics",
          "/admin/openapi.json",
          "/admin/health",
          "/livez",
        ]
      ) {
        const text = await (await scene.admin("GET", path)).text();
        for (const secret of [TOKEN, HOST_SECRET]) if (text.includes(secret)) return `${path} tells ${secret}`;
      }
      const command = await Deno.readTextFile(`/proc/${scene.nano.pid}/cmdline`);
      return [TOKEN, HOST_SECRET, NEIGHBOUR_SECRET].some((secret) => command.includes(secret))
        ? "the process table tells"
        : "kept";
    },
    sees: ["kept"],
  },
  {
    name: "files beside an app's assets",
    deed: DONE,
    act: async (scene) => {
      const files = {
        "index.js": SOURCE,
        "public/ok.txt": "ok",
        "public/_worker.js/index.js": "secret source",
        "public/.dev.vars": "KEY=secret",
        "public/_headers": "x",
        "public/package.json": "{}",
        "public/node_modules/a.js": "secret",
      };
      const refusal = await scene.add("with-assets", {
        files,
        limits: { assets: `${scene.project.dir}/apps/with-assets/public` },
      });
      if (refusal !== null) return refusal;
      const wrong: string[] = [];
      for (
        const path of [
          "/_worker.js/index.js",
          "/.dev.vars",
          "/_headers",
          "/package.json",
          "/node_modules/a.js",
          "/../index.js",
          "/%2e%2e/index.js",
          "/..%2findex.js",
        ]
      ) {
        if (await scene.see("with-assets", path) !== "200 uploaded") wrong.push(path);
      }
      const ok = await scene.see("with-assets", "/ok.txt");
      await scene.remove("with-assets");
      return ok === "200 ok" ? wrong.join() || "kept" : ok;
    },
    sees: ["kept"],
  },
];
