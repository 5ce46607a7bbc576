/** The wait for the nodes of a fleet. */
import { assertEquals, assertRejects } from "@std/assert";
import { spreadOf } from "../../../../admin/cli/online/fleet_spread.ts";
import type { FleetAnswer } from "../../../../admin/schemas/fleet_schemas.ts";

type Node = Pick<FleetAnswer["nodes"][number], "name" | "revision" | "failed">;

/** A fleet that shows its nodes at each look, the last ones for ever. */
function fleetOf(...looks: readonly (readonly Node[])[]) {
  let at = 0;
  const view = () => Promise.resolve({ complete: true, nodes: looks[Math.min(at++, looks.length - 1)] } as FleetAnswer);
  return { fleet: { view } } as never as Parameters<typeof spreadOf>[0];
}

const node = (name: string, revision: number, error?: string): Node => ({
  ...{ name, revision },
  failed: error === undefined ? [] : [{ app: "shop", revision, error }],
});

Deno.test("Each node is told of once: it has the change, cannot have it, or is gone", async () => {
  const told: unknown[] = [];
  const client = fleetOf(
    [node("n1", 7), node("n2", 6), node("n3", 6)],
    [node("n1", 7), node("n2", 7, "no such module")],
  );
  const spreads = await spreadOf(client, { app: "shop", revision: 7, onNode: ({ node }) => told.push(node) });
  assertEquals(told, ["n1", "n2", "n3"]);
  assertEquals(spreads.map(({ error }) => error), [
    ...[null, "no such module", "it is gone: it tells nothing of itself any more"],
  ]);
});

Deno.test("Whoever gives up waits no longer", async () => {
  const stop = new AbortController();
  const client = fleetOf([node("n1", 7), node("n2", 6)]);
  const wait = spreadOf(client, {
    app: "shop",
    revision: 7,
    onNode: () => stop.abort(new Error("enough")),
    signal: stop.signal,
  });
  await assertRejects(() => wait, Error, "enough");
});
