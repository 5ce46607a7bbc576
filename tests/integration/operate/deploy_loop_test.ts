/** Deploys under load, and restarts and rollbacks: no request fails, none is answered by an older version. */
import { assert, assertEquals } from "@std/assert";
import { repeats } from "../../support/repeats.ts";
import { RESERVE } from "../../support/temp_project.ts";
import { assertNothingLost, type SteadyLoad, steadyLoad } from "../life/steady_load.ts";
import { BY, OperateScene, saying } from "./operate_scene.ts";

/** More than the ten versions that are kept. */
const DEPLOYS = repeats(20, 50);
const FILLING = "x".repeat(20_000);

/** An app whose answer says its version at both ends, every other one streamed. */
function codeOf(version: number): string {
  return `const filling = "x".repeat(${FILLING.length});
let count = 0;
function stream(text: string) {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= text.length) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, 2));
      controller.enqueue(encoder.encode(text.slice(at, at += 5000)));
    },
  });
}
export default {
  fetch() {
    const text = \`${version}:\${filling}:${version}\`;
    return new Response(count++ % 2 === 0 ? text : stream(text));
  },
};
`;
}

/** Thirteen apps have four isolates in reserve, so that the deploys do not wait for each other's. */
function idleApps(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`idle-${index}`, saying("idle")]));
}

Deno.test(`A deploy loop of ${DEPLOYS} versions under load loses no request`, async () => {
  await using scene = await OperateScene.create({ changing: codeOf(0), steady: saying("steady"), ...idleApps() }, {
    config: RESERVE,
  });
  let sent = 0;
  let inForce = 0;
  /** Version in force when each request was sent: an answer may not be older. */
  const oldest = new Map<Response, number>();
  await using changing = steadyLoad(
    {
      url: scene.nano.url,
      fetch: async (host: string, path?: string, init?: RequestInit) => {
        const atSend = inForce;
        const response = await scene.fetch(host, path, init);
        oldest.set(response, atSend);
        return response;
      },
    },
    ["changing"],
    {
      concurrency: 6,
      everyMs: 3,
      check: (body, _host, response) => {
        const version = Number(body.split(":")[0]);
        if (body !== `${version}:${FILLING}:${version}`) throw new Error(`${body.length} chars are no whole answer`);
        const atLeast = oldest.get(response)!;
        oldest.delete(response);
        if (version < atLeast || version > sent) throw new Error(`version ${version}, but ${atLeast} was in force`);
      },
    },
  );
  await using steady = steadyLoad(
    { url: scene.nano.url, fetch: (host, path, init) => scene.fetch(host, path, init) },
    ["steady"],
    { concurrency: 2, everyMs: 3 },
  );

  const start = performance.now();
  while (inForce < DEPLOYS) {
    const { version } = await scene.deploy("changing", codeOf(++sent));
    assertEquals(version, `v${sent}`);
    inForce = sent;
  }
  const seconds = (performance.now() - start) / 1000;
  const changed = await assertNothingLost(changing, DEPLOYS);
  const kept = await assertNothingLost(steady, DEPLOYS);
  console.log(
    `${DEPLOYS} deploys in ${seconds.toFixed(1)} s; ${changed.total} requests to the app (slowest ` +
      `${changed.slowestMs.toFixed(0)} ms), ${kept.total} to its neighbour; ${changed.failed + kept.failed} failed`,
  );
  const versions = scene.operations.versions.list("changing").map(({ version }) => version);
  assertEquals(versions, Array.from({ length: 10 }, (_, index) => `v${DEPLOYS - index}`));
  const folders = [...Deno.readDirSync(`${scene.stateDir}/versions/changing`)].map(({ name }) => name);
  assertEquals(folders.sort(), versions.sort());
  assertEquals([...Deno.readDirSync(`${scene.stateDir}/versions/.transit`)], []);
});

Deno.test("Restarts, rollbacks, rollouts and changes under load lose no request", async () => {
  await using scene = await OperateScene.create({ app: codeOf(0) }, { config: RESERVE });
  const { operations } = scene;
  await scene.deploy("app", codeOf(1));
  await scene.deploy("app", codeOf(2));
  const seen = new Set<number>();
  await using load: SteadyLoad = steadyLoad(
    { url: scene.nano.url, fetch: (host, path, init) => scene.fetch(host, path, init) },
    ["app"],
    {
      concurrency: 6,
      everyMs: 3,
      check: (body) => {
        const version = Number(body.split(":")[0]);
        if (body !== `${version}:${FILLING}:${version}`) throw new Error(`${body.length} chars are no whole answer`);
        seen.add(version);
      },
    },
  );
  await operations.apps.restart("app", BY);
  await operations.versions.rollback("app", "v1", BY);
  await operations.versions.rollout("app", "v2", 50, BY);
  await operations.apps.change("app", { env: { ANY: "thing" } }, BY);
  await operations.versions.rollout("app", "v2", 0, BY);
  await operations.versions.rollback("app", "path", BY);
  await operations.versions.rollback("app", "v2", BY);
  const { total } = await assertNothingLost(load, 20);
  assertEquals([...seen].sort(), [0, 1, 2]);
  assert(scene.recent(7).every(([, , error]) => error === null));
  console.log(`7 changes; ${total} requests, none failed`);
});
