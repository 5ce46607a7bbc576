/** Which of two versions gets a request. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import type { AppStateName } from "../../../runtime/terms/lifecycle.ts";
import { type SplitSide, splitTarget } from "../../../runtime/generations/split_target.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

class Side implements SplitSide {
  readonly app: { readonly name: string };
  state: AppStateName = "running";
  calls = 0;

  constructor(name: string) {
    this.app = { name };
  }

  fetch(): void {
    this.calls++;
  }
}

Deno.test("The candidate gets its part of the requests", () => {
  const random = new SeededRandom(3);
  for (const percent of [0, 0.5, 1, 10, 50, 99, 100]) {
    const [stable, candidate] = [new Side("blog"), new Side("v2--blog")];
    const target = splitTarget(stable, candidate, percent, () => random.below(1e6) / 1e6);
    const rounds = 20_000;
    let chosen = 0;
    for (let round = 0; round < rounds; round++) if (target.choose!() === candidate) chosen++;
    // Four standard deviations of a binomial distribution.
    const share = percent / 100;
    const spread = 4 * Math.sqrt(share * (1 - share) / rounds);
    assert(Math.abs(chosen / rounds - share) <= spread, `${percent} %: ${chosen} of ${rounds}`);
  }
});

Deno.test("A candidate that cannot serve gets nothing; one that starts or sleeps does", () => {
  const [stable, candidate] = [new Side("blog"), new Side("v2--blog")];
  const target = splitTarget(stable, candidate, 100, () => 0);
  const expected: Readonly<Record<AppStateName, Side>> = {
    idle: candidate,
    starting: candidate,
    running: candidate,
    backoff: stable,
    crash_loop: stable,
    failed: stable,
    quarantined: stable,
    draining: stable,
    stopped: stable,
  };
  for (const [state, side] of Object.entries(expected)) {
    candidate.state = state as AppStateName;
    assertStrictEquals(target.choose!(), side, state);
  }
});

Deno.test("Whoever does not ask for a choice gets the stable version, under the app's name", () => {
  const [stable, candidate] = [new Side("blog"), new Side("v2--blog")];
  const target = splitTarget(stable, candidate, 100, () => 0);
  target.fetch(null as unknown as AppCall);
  assertEquals([stable.calls, candidate.calls, target.app.name], [1, 0, "blog"]);
});
