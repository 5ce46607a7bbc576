/** What can be checked of the Kubernetes manifests without a cluster, kubectl or kubeconform. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join, normalize } from "node:path";
import { AdminServer } from "../../admin/server.ts";
import { resolveConfig } from "../../mod.ts";
import { REPO } from "../support/repo.ts";
import { FakeNano } from "../unit/admin/fake_nano.ts";
import { readYaml, type Yaml } from "./parse_yaml.ts";

const FOLDER = "docs/deploy/kubernetes";
const deployment = await readYaml(`${FOLDER}/base/deployment.yaml`);
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const config = JSON.parse(await Deno.readTextFile(new URL(`${FOLDER}/base/nano.json`, REPO)));

/** A folder with the files that the manifests mount, as a pod sees them. */
async function resolvedInPod() {
  const dir = await Deno.makeTempDir({ prefix: "nano-" });
  try {
    await Deno.mkdir(join(dir, "apps/hello"), { recursive: true });
    await Deno.writeTextFile(join(dir, "token"), "secret\n");
    const text = JSON.stringify(config).replaceAll("/srv/apps", join(dir, "apps"))
      .replaceAll("/run/secrets/nano/token", join(dir, "token")).replaceAll("/var/lib/nano", join(dir, "state"));
    return await resolveConfig(JSON.parse(text), { file: null, baseDir: dir });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

for (const name of ["base", "overlays/fleet", "overlays/production", "overlays/stateful"]) {
  Deno.test(`Kustomization "${name}" names files that exist, and the app's own objects`, async () => {
    const path = `${FOLDER}/${name}/kustomization.yaml`;
    const kustomization = await readYaml(path);
    const files = [
      ...kustomization.resources ?? [],
      ...(kustomization.patches ?? []).map((patch: Yaml) => patch.path),
      ...(kustomization.configMapGenerator ?? []).flatMap((map: Yaml) => map.files),
    ];
    assert(files.length > 0);
    for (const file of files) {
      const at = normalize(join(dirname(path), file));
      const { isDirectory } = await Deno.stat(new URL(at, REPO));
      if (isDirectory) await Deno.stat(new URL(`${at}/kustomization.yaml`, REPO));
      else if (at.endsWith(".yaml")) assert((await readYaml(at)).kind !== undefined, at);
    }
    for (const { target } of kustomization.patches ?? []) {
      assertEquals([target.kind, target.name], ["Deployment", deployment.metadata.name]);
    }
    for (const image of kustomization.images ?? []) assertEquals(image.name, container.image);
  });
}

Deno.test("nano.json of the manifests is right, and its ports are the container's", async () => {
  const resolved = await resolvedInPod();
  const ports = Object.fromEntries(container.ports.map((port: Yaml) => [port.name, port.containerPort]));
  assert(resolved.admin !== false);
  assertEquals(ports, { http: resolved.port, admin: resolved.admin.port });
  // Probes come from outside of the pod's loopback.
  assertEquals(resolved.admin.hostname, "0.0.0.0");
});

Deno.test("A pod is killed only after preStop and the drain", async () => {
  const { drainTimeoutMs } = await resolvedInPod();
  const [program, seconds] = container.lifecycle.preStop.exec.command;
  assertEquals(program, "sleep");
  assert(pod.terminationGracePeriodSeconds * 1000 >= Number(seconds) * 1000 + drainTimeoutMs + 5000);
});

Deno.test("Probes ask open routes of the admin API by the pod's address", async () => {
  await using server = AdminServer.start(new FakeNano(), { hostname: "0.0.0.0", port: 0, token: "secret" });
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const { path, port } = container[probe].httpGet;
    assertEquals(port, "admin");
    using client = Deno.createHttpClient({ allowHost: true });
    const response = await fetch(`${server.url}${path}`, { client, headers: { host: "10.42.0.17:9090" } });
    assertEquals([probe, response.status], [probe, 200]);
    await response.body?.cancel();
  }
});

Deno.test("Volumes, selectors and names of the manifests fit together", async () => {
  const volumes = pod.volumes.map((volume: Yaml) => volume.name).sort();
  assertEquals(container.volumeMounts.map((mount: Yaml) => mount.name).sort(), volumes);
  const labels = deployment.spec.template.metadata.labels;
  const service = await readYaml(`${FOLDER}/base/service.yaml`);
  const budget = await readYaml(`${FOLDER}/base/disruption-budget.yaml`);
  const policy = await readYaml(`${FOLDER}/base/network-policy.yaml`);
  const selectors = [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
    policy.spec.podSelector.matchLabels,
  ];
  for (const selector of selectors) assertEquals(selector, labels);
  // Only the apps are offered to the cluster.
  assertEquals(service.spec.ports.map((port: Yaml) => port.targetPort), ["http"]);
});

Deno.test("The container may neither be root, nor gain rights, nor write to its image", () => {
  assertEquals(pod.securityContext.runAsNonRoot, true);
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext;
  assertEquals([allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities.drop], [false, true, ["ALL"]]);
  assert(container.args.includes("--no-guardian"));
});
