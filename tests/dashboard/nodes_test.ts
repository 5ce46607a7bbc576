/** The page of a fleet's nodes. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type FleetNodeView, type FleetOperations, type FleetView, NanoError } from "../../runtime/mod.ts";
import { dashboardTests, until } from "./dashboard_test_case.ts";

/** A fleet whose view a test sets; it notes what is asked of it. */
class FakeFleet implements FleetOperations {
  readonly asked: string[] = [];
  refusal: NanoError | null = null;
  nodes: FleetNodeView[] = [nodeView("n1", { isSelf: true }), nodeView("n2"), nodeView("n3")];
  state = "following";
  why: string | null = null;
  isComplete = true;

  // deno-lint-ignore require-await -- as the real one
  async view(): Promise<FleetView> {
    const { state, why, nodes, isComplete } = this;
    return { node: "n1", state, why, epoch: "e", revision: 12, engine: "nats", isComplete, nodes };
  }

  revisionOf(): number | null {
    return null;
  }

  found = () => this.#note("found");
  restore = ({ replace }: { replace: boolean }) => this.#note(`restore ${replace}`);
  join = ({ replace }: { replace: boolean }) => this.#note(`join ${replace}`);
  retry = () => this.#note("retry");

  // deno-lint-ignore require-await -- as the real one
  async #note(what: string): Promise<void> {
    if (this.refusal !== null) throw this.refusal;
    this.asked.push(what);
  }
}

function nodeView(name: string, more: Partial<FleetNodeView> = {}): FleetNodeView {
  return {
    name,
    isSelf: false,
    role: "full",
    address: `http://10.0.0.${name.slice(1)}:9090`,
    version: "1.0.0",
    startedAt: 0,
    revision: 12,
    lag: 0,
    lagMs: 0,
    state: "following",
    why: null,
    clockSkewMs: 0,
    appsUp: 3,
    filesComing: 0,
    failed: [],
    config: "0123456789abcdef",
    memoryBytes: 90 * 2 ** 20,
    drift: [],
    ...more,
  };
}

dashboardTests("The page of a fleet's nodes", (test) => {
  test("A NANO alone has no page of nodes", {}, async ({ tab: { page } }) => {
    assertEquals(await page.getByRole("link", { name: "Nodes" }).count(), 0);
    assertEquals((await page.goto("/nodes"))?.status(), 404);
    assertStringIncludes(await page.locator("main").innerText(), 'has no "fleet"');
  });

  test(
    "It shows every node, marks what is wrong, and stays live",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      const fleet = target.operations.fleet = new FakeFleet();
      fleet.nodes[1] = nodeView("n2", { role: "serve", revision: 10, lag: 2, lagMs: 12_000, drift: ["nano.json"] });
      await page.goto("/");
      await page.getByRole("link", { name: "Nodes" }).click();
      const bad = page.locator("tr[data-node] td.bad");
      await page.locator("tr[data-node=n3]").waitFor();
      assertEquals(await bad.allInnerTexts(), ["10 (2 behind for 12 s)", "01234567 differs"]);
      assertStringIncludes(await page.locator("tr[data-node=n2]").innerText(), "takes no changes");
      const failed = [{ app: "app-1", revision: 12, error: "from_env: SHOP_KEY is not set" }];
      fleet.nodes = [
        nodeView("n1", { isSelf: true, drift: ["clock"], clockSkewMs: -7_200_000 }),
        nodeView("n3", { failed, state: "offline", why: "the disk is full" }),
      ];
      await page.locator("#failures").getByText("SHOP_KEY is not set").waitFor();
      assertEquals(await page.locator("tr[data-node]").count(), 2);
      assertStringIncludes(await page.locator("tr[data-node=n1]").innerText(), "clock 2 h behind the engine's");
      assertStringIncludes(await page.locator("tr[data-node=n3]").innerText(), "the disk is full");
      assertEquals(await page.getByRole("button", { name: "Try again now" }).count(), 0, "that is n3's to do");
    },
  );

  test("What failed on this node is tried again", { path: null }, async ({ tab: { page }, server: { target } }) => {
    const fleet = target.operations.fleet = new FakeFleet();
    fleet.nodes[0] = nodeView("n1", { isSelf: true, failed: [{ app: "app-1", revision: 0, error: "it died" }] });
    await page.goto("/nodes");
    await page.getByRole("button", { name: "Try again now" }).click();
    await page.getByRole("status").filter({ hasText: "Tried again" }).waitFor();
    fleet.refusal = new NanoError("FLEET_UNAVAILABLE", "Cannot try again: the engine cannot be reached");
    await page.getByRole("button", { name: "Try again now" }).click();
    await page.getByRole("alert").filter({ hasText: "the engine cannot be reached" }).waitFor();
    assertEquals(fleet.asked, ["retry"]);
  });

  test(
    "A fleet is founded, and a node that diverged joins or restores",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      const fleet = target.operations.fleet = new FakeFleet();
      fleet.state = "unfounded";
      fleet.why = "no fleet has been founded: nano fleet found";
      await page.goto("/nodes");
      await page.getByRole("alert").filter({ hasText: "no fleet has been founded" }).waitFor();
      await page.getByRole("button", { name: "Found the fleet" }).click();
      await until("founded", () => Promise.resolve(fleet.asked.includes("found")));
      fleet.state = "diverged";
      fleet.isComplete = false;
      await page.goto("/nodes");
      await page.getByRole("alert").filter({ hasText: "cannot be asked for the other nodes" }).waitFor();
      await page.getByRole("link", { name: "Restore…" }).click();
      await page.getByRole("dialog").getByRole("link", { name: "Cancel" }).click();
      await page.getByRole("link", { name: "Join…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Join" }).click();
      await page.getByRole("status").filter({ hasText: "Joined the fleet" }).waitFor();
      assertEquals(fleet.asked, ["found", "join true"]);
      // Without scripts the question is a page
      await page.goto("/nodes/restore");
      await page.getByRole("button", { name: "Restore" }).click();
      await page.getByRole("status").filter({ hasText: "Restored the fleet" }).waitFor();
      assertEquals(fleet.asked.at(-1), "restore true");
    },
  );
});
