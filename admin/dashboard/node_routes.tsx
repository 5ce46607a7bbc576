/** The page of the fleet's nodes, and what can be done on this one. */
import { Hono } from "hono";
import { type ChangeRequest, type FleetOperations, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { good, unlessRefused } from "./data_changes.ts";
import { NODE_QUESTIONS, type NodeAction, NodesPage } from "./nodes_page.tsx";
import { QuestionPage } from "./question_card.tsx";
import { renderPage } from "./render_page.ts";

interface Deed {
  readonly run: (fleet: FleetOperations, by: ChangeRequest) => Promise<void>;
  readonly done: string;
}

const DEEDS: Readonly<Record<NodeAction, Deed>> = {
  retry: { run: (fleet, by) => fleet.retry(by), done: "Tried again" },
  found: { run: (fleet, by) => fleet.found(by), done: "Founded the fleet" },
  // Whoever confirmed the question has read what goes.
  join: { run: (fleet, by) => fleet.join({ replace: true }, by), done: "Joined the fleet" },
  restore: { run: (fleet, by) => fleet.restore({ replace: true }, by), done: "Restored the fleet" },
};

/** Below `/nodes`. */
export function nodeRoutes(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes, now } = tools;
  const routes = new Hono<AdminEnv>();
  const fleetOf = (): FleetOperations => {
    const { fleet } = target.operations;
    if (fleet !== null) return fleet;
    throw new NanoError("NOT_FOUND", 'Cannot show nodes: nano.json of this NANO has no "fleet"');
  };

  routes.get("/", async (context) => {
    const view = { fleet: await fleetOf().view(), now: now() };
    return renderPage(context, <NodesPage frame={frameOf(context, tools)} view={view} />);
  });
  routes.get("/:action", async (context, next) => {
    const action = context.req.param("action");
    const question = isNodeAction(action) ? NODE_QUESTIONS[action] : undefined;
    if (question === undefined) return await next();
    fleetOf();
    return renderPage(context, <QuestionPage frame={frameOf(context, tools)} question={question} />);
  });
  routes.post("/:action", async (context, next) => {
    const action = context.req.param("action");
    if (!isNodeAction(action)) return await next();
    const { run, done } = DEEDS[action];
    return await unlessRefused(async () => {
      await run(fleetOf(), requestedBy(context));
      return goOn(context, { notes, path: "/nodes", note: good(done) });
    }, (note) => goOn(context, { notes, path: "/nodes", note }));
  });
  return routes;
}

function isNodeAction(text: string): text is NodeAction {
  return Object.hasOwn(DEEDS, text);
}
