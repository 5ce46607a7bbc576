/** Runs one case of the corpus at one place, and says what went wrong. */
import type { AppFiles } from "../../support/temp_project.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { appSource, type Place } from "./app_source.ts";
import { CorpusScene, DEADLINE_MS, type HostileApp } from "./corpus_scene.ts";
import type { HostileCase } from "./hostile_case.ts";
import { isEnd, reasonsOf, seenAt } from "./seen_at.ts";
import { threadsRunningOn } from "./threads_running_on.ts";

/** One case at one place. */
export interface PlacedCase {
  readonly one: HostileCase;
  readonly place: Place;
  /** As it is told: `memory: arrays, in a timer`. */
  readonly title: string;
  /** Name of its app. */
  readonly app: string;
}

/** Whether a case wants a NANO of its own. */
export function wantsOwnHost({ one, place }: PlacedCase): boolean {
  return one.own !== undefined || place === "top level";
}

/** Opens the scene of a case that wants its own. */
export function openOwn({ one, place, app }: PlacedCase): Promise<CorpusScene> {
  return CorpusScene.open(one.deed === undefined && one.app === undefined ? {} : { [app]: appOf(one, place) }, one.own);
}

/** Runs it. @throws Error with all that went wrong */
export async function runCase(scene: CorpusScene, placed: PlacedCase): Promise<void> {
  const { one, place, app } = placed;
  const from = wantsOwnHost(placed) ? 0 : scene.nano.events.length;
  // On a busy machine the isolate may end before the host has come to the head that it sent.
  const sees = one.seesAt?.[place] ??
    one.sees.flatMap((sight) => place === "stream" ? [seenAt(place, sight), sight] : [seenAt(place, sight)]);
  const faults: string[] = [];
  const hasApp = one.deed !== undefined || one.app !== undefined;
  let refusal: string | null = null;
  if (hasApp && !wantsOwnHost(placed)) refusal = await scene.add(app, appOf(one, place));
  const seen = refusal ?? await attack(scene, placed).catch((error: unknown) => `nothing: ${error}`);
  if (!sees.includes(seen)) faults.push(`the client saw "${seen}", right is "${sees.join('" or "')}"`);
  if (scene.isAlive || one.mayEndHost) {
    if (hasApp && refusal === null) {
      faults.push(...await endsRightly(scene, placed, { seen, from, isRight: sees.includes(seen) }));
    }
    await scene.canarySings();
  }
  if (one.lingers) await scene.lingers();
  // The threads of a host that was ended are gone, and the next one is elsewhere.
  if (scene.isAlive && one.mayEndHost === undefined && faults.length === 0) {
    if (hasApp && refusal === null && !wantsOwnHost(placed)) await scene.remove(app);
    faults.push(...await threadsRunningOn(scene));
  }
  faults.push(...scene.harm({ mayEndHost: one.mayEndHost ?? false }));
  if (faults.length > 0) {
    const said = scene.nano.events.slice(from).filter((record) =>
      record["app"] === app && (record["level"] === "error" || record.event === "app_exit")
    );
    throw new Error([placed.title, ...faults, ...said.slice(-3).map((record) => JSON.stringify(record))].join("\n"));
  }
}

/** Does what the case is about. @returns what was seen of it */
function attack(scene: CorpusScene, { one, place, app }: PlacedCase): Promise<string> {
  if (one.act !== undefined) return one.act(scene, app);
  return place === "drain" ? whileDraining(scene, app) : scene.see(app);
}

/** Who was ended was ended for the right reason, and serves again. */
async function endsRightly(
  scene: CorpusScene,
  { one, place, app }: PlacedCase,
  { seen, from, isRight }: { seen: string; from: number; isRight: boolean },
): Promise<string[]> {
  const reasons = reasonsOf(one.sees);
  const mustEnd = isRight && one.seesAt?.[place] === undefined && one.sees.every(isEnd);
  // What an attack does with the app's versions ends isolates of theirs as well
  if (one.act !== undefined && !isEnd(seen)) {
    if (!one.spoilsItself) await scene.serves(app);
    return [];
  }
  const exits = mustEnd || isEnd(seen) ? [await scene.exitOf(app, from)] : scene.exits(app, from);
  const wrong = exits.filter((reason) =>
    !reasons.includes(reason) && reason !== "drained" && reason !== "drain_timeout"
  );
  if (!one.spoilsItself && place !== "top level" && seen !== "503 APP_FAILED") await scene.serves(app);
  return wrong.map((reason) => `its isolate ended: ${reason}, right is ${reasons.join(" or ") || "that it lives"}`);
}

function appOf(one: HostileCase, place: Place): HostileApp {
  const whole = one.app ?? appSource(one.deed ?? "", place);
  const files: AppFiles = typeof whole === "string" ? { "index.js": whole } : whole;
  return { files, limits: { ...(place === "drain" ? { drain_timeout_ms: DEADLINE_MS } : {}), ...one.limits } };
}

/** A request whose deed begins when its isolate drains: another one has taken its place. */
async function whileDraining(scene: CorpusScene, app: string): Promise<string> {
  using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
  const from = scene.nano.events.length;
  await connection.send(`POST / HTTP/1.1\r\nHost: ${app}\r\nContent-Length: 1\r\nConnection: close\r\n\r\n`);
  await scene.nano.waitForEvent((record) => record["text"] === "holding" && record["app"] === app, DEADLINE_MS, from);
  const restart = scene.admin("POST", `/admin/apps/${app}/restart`).then((response) => response.text());
  await scene.nano.waitForEvent(
    (record) => record.event === "app_drain_start" && record["app"] === app,
    DEADLINE_MS,
    from,
  );
  await connection.send("x");
  const answer = await connection.readResponse();
  await restart;
  const code = answer.get("nano-error");
  return code === null ? `${answer.status}${answer.truncated ? " cut" : ""}` : `${answer.status} ${code}`;
}
