/** A kill -9 at any moment loses no acknowledged change: of the real command line, changed by the admin API. */
import { assert } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN } from "../life/admin_client.ts";
import { pause } from "../life/until.ts";

const KILLS = repeats(4, 6);
/** Each with a NANO of its own, next to each other: a start mostly waits. */
const CHAINS = 2;

/** Says what was deployed and what was set. */
function codeOf(deployed: string): string {
  return `export default { fetch: (_, env) => new Response("${deployed} " + env.MARK) };\n`;
}

async function ask(nano: NanoProcess, method: string, path: string, body: BodyInit): Promise<void> {
  const headers = { authorization: `Bearer ${ADMIN.token}`, "content-type": "application/octet-stream" };
  if (method === "PATCH") headers["content-type"] = "application/merge-patch+json";
  const response = await fetch(new URL(path, nano.adminUrl!), { method, headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
}

/** Kills one NANO after the other on the same state folder. */
async function chain(kills: number, random: SeededRandom): Promise<{ acknowledged: number; interrupted: number }> {
  const app = { files: codeOf("path"), config: { env: { MARK: "file" } } };
  await using project = await TempProject.create({ blog: app }, { admin: ADMIN });
  let state = { deployed: "path", mark: "file" };
  let underWay: typeof state | null = null;
  let acknowledged = 0;
  let interrupted = 0;
  for (let kill = 0;; kill++) {
    await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
    const shown = await (await nano.fetch("blog")).text();
    const allowed = [state, ...underWay === null ? [] : [underWay]].map(({ deployed, mark }) => `${deployed} ${mark}`);
    assert(
      allowed.includes(shown),
      `Kill ${kill}: it serves "${shown}", acknowledged "${allowed.join('", under way "')}"`,
    );
    if (shown !== allowed[0]) state = underWay!;
    if (kill === kills) return { acknowledged, interrupted };

    let killed = false;
    const first = Promise.withResolvers<void>();
    const changing = (async () => {
      for (let count = 1;; count++) {
        const mark = `${kill}-${count}`;
        const isDeploy = !random.oneIn(4);
        underWay = isDeploy ? { ...state, deployed: mark } : { ...state, mark };
        try {
          if (isDeploy) {
            const files = [{ name: "index.ts", content: codeOf(mark) }, {
              name: "big",
              content: random.bytes(100_000),
            }];
            await ask(nano, "POST", "/admin/apps/blog/versions", rawZip(files));
          } else await ask(nano, "PATCH", "/admin/apps/blog", JSON.stringify({ env: { MARK: mark } }));
        } catch (error) {
          if (killed) return;
          throw error;
        }
        // The answer came before the kill, or crossed it; either way the change was acknowledged.
        state = underWay;
        underWay = null;
        acknowledged++;
        first.resolve();
      }
    })();
    changing.catch(first.reject);
    await first.promise;
    await pause(random.below(400));
    killed = true;
    nano.signal("SIGKILL");
    await nano.status();
    await changing;
    interrupted += underWay === null ? 0 : 1;
  }
}

Deno.test(`${KILLS} kills of \`nano start\` during deploys and changes by the admin API lose no acknowledged one`, async () => {
  const random = SeededRandom.fromEnv("kills of nano start");
  const start = performance.now();
  const chains = await Promise.all(
    Array.from({ length: CHAINS }, () => chain(KILLS / CHAINS, new SeededRandom(random.below(2 ** 31)))),
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const acknowledged = chains.reduce((sum, one) => sum + one.acknowledged, 0);
  const interrupted = chains.reduce((sum, one) => sum + one.interrupted, 0);
  console.log(
    `${KILLS} kills in ${seconds} s, ${acknowledged} changes acknowledged, ${interrupted} kills hit one under way`,
  );
  assert(interrupted > 0, "No kill hit a change for the test to mean something");
});
