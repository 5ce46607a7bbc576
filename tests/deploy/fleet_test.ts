/** What can be checked of a fleet's files without a container engine and a cluster. */
import { assert, assertEquals } from "@std/assert";
import { parse } from "jsonc-parser";
import { AdminServer } from "../../admin/server.ts";
import { resolveConfig } from "../../mod.ts";
import { REPO } from "../support/repo.ts";
import { FakeNano } from "../unit/admin/fake_nano.ts";
import { readYaml, type Yaml } from "./parse_yaml.ts";

const COMPOSE = "docs/deploy/fleet";
const OVERLAY = "docs/deploy/kubernetes/overlays/fleet";
const TOKEN = "a".repeat(32);
const { services, volumes } = await readYaml(`${COMPOSE}/compose.yaml`);

/** A service with what it merges. */
const service = (name: string): Yaml => ({ ...services[name]["<<"], ...services[name] });
const environmentOf = (name: string): Yaml => {
  const { "<<": shared, ...own } = service(name).environment;
  return { ...shared, ...own };
};

async function readNanoJson(folder: string): Promise<Yaml> {
  return parse(await Deno.readTextFile(new URL(`${folder}/nano.json`, REPO)), [], { allowTrailingComma: true });
}

/** @param files what the document reads from outside, by path */
async function resolved(folder: string, env: Record<string, string>, files: Record<string, string>) {
  const dir = await Deno.makeTempDir({ prefix: "nano-" });
  try {
    let text = JSON.stringify(await readNanoJson(folder)).replaceAll("/var/lib/nano", `${dir}/state`);
    for (const [at, [path, content]] of Object.entries(files).entries()) {
      await Deno.writeTextFile(`${dir}/${at}`, content);
      text = text.replaceAll(path, `${dir}/${at}`);
    }
    return await resolveConfig(JSON.parse(text), { file: null, baseDir: dir, hostEnv: (name) => env[name] });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("compose.yaml has nodes with names, states and logins of their own, and servers that nano.json names", async () => {
  const { fleet } = await readNanoJson(COMPOSE);
  const nodes = Object.keys(services).filter((name) => service(name).image.startsWith("nano:"));
  const servers = Object.keys(services).filter((name) => service(name).image.startsWith("nats:"));
  assertEquals(fleet.nats, servers.map((name) => `nats://${name}:4222`));
  assertEquals([nodes.length, servers.length], [3, 3]);
  for (const node of nodes) {
    const env = environmentOf(node);
    assertEquals([env.NANO_NODE, service(node).volumes.at(-1)], [node, `${node}:/var/lib/nano`]);
    const config = await resolved(COMPOSE, { ...env, NANO_ADMIN_TOKEN: TOKEN, NANO_FLEET_LOGIN: TOKEN }, {});
    assertEquals([config.fleet?.name, config.fleet?.engine.kind], [node, "nats"]);
    assert(parseFloat(service(node).stop_grace_period) * 1000 > config.drainTimeoutMs);
  }
  for (const server of servers) {
    assertEquals([environmentOf(server).NATS_NAME, service(server).volumes.at(-1)], [
      server,
      `${server}:/var/lib/nats`,
    ]);
  }
  assertEquals(Object.keys(volumes), [...servers, ...nodes]);
});

Deno.test("Caddy asks each node for its readiness, and the admin listener answers it", async () => {
  const text = await Deno.readTextFile(new URL(`${COMPOSE}/Caddyfile`, REPO));
  const upstreams = /reverse_proxy (.*) \{/.exec(text)![1]!.split(" ");
  assertEquals(upstreams, ["n1:8080", "n2:8080", "n3:8080"]);
  const [, path] = /health_uri (\S+)/.exec(text)!;
  const [, host] = /^\s*Host (\S+)$/m.exec(text)!;
  await using server = AdminServer.start(new FakeNano(), { hostname: "0.0.0.0", port: 0, token: "secret" });
  using client = Deno.createHttpClient({ allowHost: true });
  const response = await fetch(`${server.url}${path}`, { client, headers: { host: host! } });
  await response.body?.cancel();
  assertEquals(response.status, 200);
});

Deno.test("The patch that makes a StatefulSet of the Deployment finds what it changes", async () => {
  const patch: Yaml[] = JSON.parse(await Deno.readTextFile(new URL(`${OVERLAY}/stateful_set.json`, REPO)));
  const set = await readYaml("docs/deploy/kubernetes/base/deployment.yaml");
  for (const { op, path, value } of patch) {
    const keys = path.slice(1).split("/");
    const last = keys.pop()!;
    const parent = keys.reduce((at: Yaml, key: string) => at[key], set);
    assert(parent !== undefined, path);
    if (op !== "add") assert(parent[last] !== undefined, path);
    if (op === "test") assertEquals(parent[last], value);
    else if (op === "remove" && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (op === "remove") delete parent[last];
    else parent[last] = value;
  }
  const { spec } = set;
  const claims = spec.volumeClaimTemplates.map(({ metadata }: Yaml) => metadata.name);
  const names = [...spec.template.spec.volumes.map(({ name }: Yaml) => name), ...claims].sort();
  assertEquals(spec.template.spec.containers[0].volumeMounts.map(({ name }: Yaml) => name).sort(), names);
  const nodes = await readYaml(`${OVERLAY}/nodes.yaml`);
  assertEquals([spec.serviceName, spec.selector.matchLabels], [nodes.metadata.name, nodes.spec.selector]);
});

Deno.test("nano.json of the StatefulSet takes the pod's name and the mounted login", async () => {
  const secrets = { "/run/secrets/nano/token": TOKEN, "/run/secrets/nano/fleet-login": "user:password" };
  const { fleet } = await resolved(OVERLAY, { NANO_NODE: "nano-1" }, secrets);
  assert(fleet?.engine.kind === "nats");
  assertEquals([fleet.name, fleet.engine.credentials], ["nano-1", "user:password"]);
  const { secretGenerator: [generator] } = await readYaml(`${OVERLAY}/kustomization.yaml`);
  const mounted = generator.files.map((file: string) => `/run/secrets/nano/${file.split("=")[0]}`);
  assertEquals(Object.keys(secrets), mounted);
});
