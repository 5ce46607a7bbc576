/** Two versions of an app behind one host: shares, and the return of one that fails. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BY, OperateScene, saying } from "./operate_scene.ts";

/** Answers by how many requests came, of so many. */
async function shares(scene: OperateScene, host: string, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < requests; sent++) {
    const text = await scene.text(host);
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

Deno.test("A version gets its part of the requests, on hosts and on the app's own port, also after a restart", async () => {
  await using scene = await OperateScene.create({ blog: { files: saying("old"), config: { port: 0 } } });
  await scene.deploy("blog", saying("new"), { target: { percent: 30 } });
  /** 30 % of 400 requests: within five standard deviations, so that one run in a million fails by chance. */
  const assertShare = ({ old = 0, new: fresh = 0 }: Record<string, number>) => {
    assertEquals(old + fresh, 400);
    assert(Math.abs(fresh - 120) <= 5 * Math.sqrt(400 * 0.3 * 0.7), `${fresh} of 400`);
  };
  assertShare(await shares(scene, "blog", 400));
  await scene.restart();
  assertShare(await shares(scene, "blog", 400));
  const port = scene.nano.ownPorts.get("blog")!;
  const texts = new Set<string>();
  for (let sent = 0; sent < 60; sent++) texts.add(await (await fetch(`http://127.0.0.1:${port}/`)).text());
  assertEquals(texts, new Set(["old", "new"]));
  // It has a host of its own too, where it is looked at.
  assertEquals(await scene.text("v1--blog"), "new");
  assertEquals(scene.nano.ownPorts.has("v1--blog"), false);

  await scene.operations.versions.rollout("blog", "v1", 0, BY);
  assertEquals(await shares(scene, "blog", 20), { old: 20 });
  await scene.operations.versions.rollout("blog", "v1", 100, BY);
  assertEquals(await shares(scene, "blog", 20), { new: 20 });
  await scene.operations.versions.rollback("blog", null, BY);
  assertEquals(await shares(scene, "blog", 20), { old: 20 });
});

Deno.test("A version that throws is taken back by itself, and everybody is served by the old one again", async () => {
  await using scene = await OperateScene.create({ blog: saying("old") });
  await scene.deploy("blog", "export default { fetch() { throw new Error('no luck'); } };\n", {
    target: { percent: 50 },
  });
  const returned = scene.event("operator_change", ({ action }) => action === "version.return");
  const counts: Record<string, number> = {};
  let ended = false;
  const done = returned.then(() => ended = true);
  for (let sent = 0; !ended && sent < 500; sent++) {
    const text = await scene.text("blog");
    counts[text] = (counts[text] ?? 0) + 1;
  }
  await done;
  // Chance may give it all of the first requests: five of five are enough to tell.
  const { old = 0, "500 APP_EXCEPTION": thrown = 0, ...others } = counts;
  assertEquals(others, {});
  assert(thrown >= 3, `${thrown} errors, and ${old} answers of the old one`);
  const { app, actor, error, detail } = await returned;
  assertEquals([app, actor, error], ["blog", "nano", null]);
  assertMatch(detail, /^v1 of app "blog" gets no requests any more: [0-9]+ of [0-9]+ requests failed, against 0 of /);
  assertEquals(await shares(scene, "blog", 20), { old: 20 });
  assertEquals(scene.operations.apps.originOf("blog").rollout, null);
  const [entry] = scene.operations.history({ app: "blog", before: null, limit: 1 });
  assertEquals([entry!.action, entry!.detail], ["version.return", detail]);
  await scene.restart();
  assertEquals(scene.states(), { blog: "running" });
  console.log(`Returned after ${JSON.stringify(counts)}`);
});

Deno.test("Requests never go to a version that cannot take them, and one that dies for good is taken back", async () => {
  const dying = `let count = 0;
export default { fetch() {
  if (++count === 2) setTimeout(() => { for (;;); }, 0);
  return new Response("new");
} };\n`;
  await using scene = await OperateScene.create({ blog: { files: saying("old"), config: { cpu_ms: 100 } } });
  await scene.deploy("blog", dying, { target: { percent: 50 } });
  const returned = scene.event("operator_change", ({ action }) => action === "version.return", 60_000);
  let ended = false;
  const done = returned.then(() => ended = true);
  const counts: Record<string, number> = {};
  for (let sent = 0; !ended && sent < 20_000; sent++) {
    const text = await scene.text("blog");
    counts[text] = (counts[text] ?? 0) + 1;
    const waits = () => ["backoff", "crash_loop"].includes(scene.states()["v1--blog"]!);
    if (!waits()) continue;
    // While it waits to be restarted the old one takes everything.
    const meanwhile = await scene.text("blog");
    if (waits()) assertEquals(meanwhile, "old");
  }
  await done;
  assertEquals(Object.keys(counts).every((one) => ["old", "new", "504 APP_UNRESPONSIVE"].includes(one)), true);
  assertEquals(await shares(scene, "blog", 20), { old: 20 });
  console.log(`Returned after ${JSON.stringify(counts)}`);
});
