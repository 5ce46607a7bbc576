/** What can be checked of the container files without a container engine. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { dirname } from "node:path";
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";
import { AdminServer } from "../../admin/server.ts";
import { resolveConfig } from "../../mod.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { FakeNano } from "../unit/admin/fake_nano.ts";
import { lastStage, readDockerfile, textsOf } from "./dockerfile.ts";
import { readYaml } from "./parse_yaml.ts";

const DOCKERFILE = await readDockerfile("Dockerfile");
const LAUNCHER = await Deno.readTextFile(new URL("docs/deploy/nano.sh", REPO));
const DEFAULTS = await resolveConfig({}, { file: null, baseDir: "/srv" });

Deno.test("Dockerfile copies what exists, and .dockerignore lets exactly that through", async () => {
  const copied = textsOf(DOCKERFILE, "COPY").filter((text) => !text.startsWith("--from"))
    .flatMap((text) => text.split(/\s+/).slice(0, -1));
  for (const path of copied) await Deno.stat(new URL(path, REPO));
  const [first, ...rest] = (await Deno.readTextFile(new URL(".dockerignore", REPO))).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  assertEquals(first, "*");
  const inside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  const letThrough = rest.map((line) => line.replace(/^!/, ""));
  assertEquals(rest.filter((line) => !line.startsWith("!")), []);
  assertEquals(copied.filter((path) => !letThrough.some((folder) => inside(path, folder))), []);
  assertEquals(letThrough.filter((folder) => !copied.includes(folder)), []);
});

Deno.test("Dockerfile takes everything that the command line is made of", async () => {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("admin/cli/main.ts", REPO))],
    cwd: fromFileUrl(REPO),
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(output.stdout));
  const files = modules.map(({ specifier }: { specifier: string }) => specifier)
    .filter((url: string) => url.startsWith(REPO.href)).map((url: string) => url.slice(REPO.href.length));
  assert(files.length > 100, `${files.length} files`);
  assertEquals(files.filter((file: string) => !/^(admin|runtime)\/|^mod\.ts$|^deno\.json$/.test(file)), []);
});

Deno.test("Dockerfile and AGENTS.md name one version of Deno", async () => {
  const guide = await Deno.readTextFile(new URL("AGENTS.md", REPO));
  const version = /npx --yes deno@(\S+)`/.exec(guide)?.[1];
  const [build, image, ...more] = textsOf(DOCKERFILE, "FROM");
  assertEquals([build, image, more], [`denoland/deno:${version} AS build`, `denoland/deno:${version}`, []]);
});

Deno.test("Image runs as a user by number, under tini, without a guardian, on the ports of nano.json", () => {
  const image = lastStage(DOCKERFILE);
  assertMatch(textsOf(image, "USER").at(-1)!, /^[1-9]\d*:[1-9]\d*$/);
  assertEquals(textsOf(image, "ENTRYPOINT"), ['["/tini", "--", "nano"]']);
  const [command] = textsOf(image, "CMD").map((text) => JSON.parse(text));
  assertEquals(command.slice(0, 2), ["start", "--no-guardian"]);
  assert(DEFAULTS.admin !== false);
  assertEquals(textsOf(image, "EXPOSE"), [`${DEFAULTS.port} ${DEFAULTS.admin.port}`]);
});

Deno.test("Image's NANO lies where its launcher looks for it", () => {
  assertEquals(textsOf(DOCKERFILE, "WORKDIR")[0], "/opt/nano");
  assert(textsOf(lastStage(DOCKERFILE), "COPY").includes("--from=build /opt/nano /opt/nano"));
  assert(textsOf(lastStage(DOCKERFILE), "COPY").includes("docs/deploy/nano.sh /usr/local/bin/nano"));
  for (const text of textsOf(DOCKERFILE, "ENV")) assertMatch(text, /DENO_DIR=\/opt\/nano\/\.deno/);
  assertMatch(LAUNCHER, /DENO_DIR:-\/opt\/nano\/\.deno/);
});

Deno.test("Launcher has the flags of the host and may be executed", async () => {
  assert(LAUNCHER.includes(`--cached-only ${HOST_FLAGS.join(" ")} /opt/nano/admin/cli/main.ts "$@"`), LAUNCHER);
  const { mode } = await Deno.stat(new URL("docs/deploy/nano.sh", REPO));
  assertEquals(mode! & 0o111, 0o111);
});

Deno.test("Launcher starts the command line, and the image's command is right use of it", async () => {
  const [command] = textsOf(lastStage(DOCKERFILE), "CMD").map((text) => JSON.parse(text));
  const version = await launch(["--version"]);
  assertEquals([version.code, version.stderr], [0, ""]);
  assertMatch(version.stdout, /\d+\.\d+\.\d+/);
  const start = await launch([...command.slice(0, -1), "/nothing/nano.json"]);
  // 3: the configuration is refused; wrong use would be 2.
  assertEquals(start.code, 3, start.stderr);
  assertMatch(start.stderr, /\/nothing\/nano\.json/);
});

Deno.test("Health check tells a host that serves from one that drains and from none", async () => {
  const [text] = textsOf(lastStage(DOCKERFILE), "HEALTHCHECK");
  const command: string[] = JSON.parse(text!.slice(text!.indexOf("CMD ") + 4));
  const nano = new FakeNano();
  const server = AdminServer.start(nano, { hostname: "127.0.0.1", port: 0, token: "t0ken" });
  const port = new URL(server.url).port;
  assert(command[2]!.includes(`/127.0.0.1/${DEFAULTS.admin && DEFAULTS.admin.port} `), command[2]);
  const check = async () => {
    const args = [command[1]!, command[2]!.replace("/9090 ", `/${port} `)];
    return (await new Deno.Command(command[0]!, { args, stdin: "null", stderr: "null" }).output()).code;
  };
  try {
    assertEquals(await check(), 0);
    const readiness = nano.readiness();
    nano.readiness = () => ({ ...readiness, ready: false, draining: true });
    assertNotEquals(await check(), 0);
  } finally {
    await server[Symbol.asyncDispose]();
  }
  assertNotEquals(await check(), 0);
});

Deno.test("Image with apps builds on NANO's, and installs with scripts that a shell takes", async () => {
  const file = await readDockerfile("apps.Dockerfile");
  assertEquals(textsOf(file, "FROM"), ["${NANO_IMAGE} AS packages", "${NANO_IMAGE}"]);
  const { image } = (await readYaml("docs/deploy/compose.yaml")).services.nano;
  assertEquals(textsOf(file, "ARG"), [`NANO_IMAGE=${image}`]);
  // The last stage keeps the user of NANO's image.
  assertEquals(textsOf(lastStage(file), "USER"), []);
  for (const script of textsOf(file, "RUN")) {
    const { code, stderr } = await new Deno.Command("sh", { args: ["-n", "-c", script] }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  }
});

Deno.test("compose.yaml builds the image, waits for the drain, and keeps the admin API on this machine", async () => {
  const { services: { nano }, volumes } = await readYaml("docs/deploy/compose.yaml");
  const folder = new URL("docs/deploy/", REPO);
  const context = new URL(`${nano.build.context}/`, folder);
  assertEquals(context.href, REPO.href);
  await Deno.stat(new URL(nano.build.dockerfile, context));
  const written = JSON.parse(await Deno.readTextFile(new URL("docs/examples/config/container.json", REPO)));
  assert(parseFloat(nano.stop_grace_period) * 1000 > written.drain_timeout_ms, nano.stop_grace_period);
  assertEquals(nano.ports, [
    `${written.port}:${written.port}`,
    `127.0.0.1:${written.admin.port}:${written.admin.port}`,
  ]);
  assertEquals(nano.volumes, ["./site:/srv:ro", `state:${written.state_dir}`]);
  assertEquals(Object.keys(volumes), ["state"]);
  assertEquals(Object.keys(nano.environment), [written.admin.token.from_env]);
  assertEquals([nano.restart, nano.read_only, nano.cap_drop], ["always", true, ["ALL"]]);
});

/** Runs the launcher on this checkout instead of /opt/nano, with the Deno that runs the tests. */
async function launch(args: readonly string[]) {
  const env: Record<string, string> = { NO_COLOR: "1", PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` };
  const cache = await denoDir();
  const script = LAUNCHER.replaceAll("/opt/nano/.deno", cache).replaceAll("/opt/nano/", fromFileUrl(REPO));
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script, "nano", ...args], env })
    .output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
