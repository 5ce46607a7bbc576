/** Routes of the fleet: look at it, found it, restore it, join it, try again. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type FleetOperations, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { fleetAnswer } from "../gate/fleet_answer.ts";
import { fleetViewSchema } from "../schemas/fleet_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { flag, isOn, json, problems } from "./route_parts.ts";

const TAGS = ["Fleet"];
const responses = { 200: json(fleetViewSchema, "The fleet as this node sees it"), ...problems };

const show = createRoute({
  method: "get",
  path: "/admin/fleet",
  operationId: "showFleet",
  summary: "The nodes of the fleet: how far each is, and what does not work there",
  description: "404 without a fleet in nano.json.",
  tags: TAGS,
  responses,
});

const found = createRoute({
  method: "post",
  path: "/admin/fleet/found",
  operationId: "foundFleet",
  summary: "Make what this node has the state of a new fleet",
  tags: TAGS,
  responses,
});

const restore = createRoute({
  method: "post",
  path: "/admin/fleet/restore",
  operationId: "restoreFleet",
  summary: "Give an engine that has lost its fleet what this node has",
  tags: TAGS,
  request: { query: z.object({ replace: flag("Ends another fleet that is there.") }) },
  responses,
});

const join = createRoute({
  method: "post",
  path: "/admin/fleet/join",
  operationId: "joinFleet",
  summary: "Follow the engine's fleet from now on",
  tags: TAGS,
  request: { query: z.object({ replace: flag("Gives up apps of this node that the fleet does not know.") }) },
  responses,
});

const retry = createRoute({
  method: "post",
  path: "/admin/fleet/retry",
  operationId: "retryFleet",
  summary: "Try now what could not be in force on this node",
  tags: TAGS,
  responses,
});

/** The routes of the fleet. */
export function fleetRoutes({ target }: ApiParts) {
  const fleet = (): FleetOperations => {
    const { fleet } = target.operations;
    if (fleet !== null) return fleet;
    throw new NanoError("NOT_FOUND", 'Cannot find the fleet: nano.json of this NANO has no "fleet"');
  };
  const answer = async () => fleetAnswer(await fleet().view());
  return new OpenAPIHono<AdminEnv>()
    .openapi(show, async (context) => context.json(await answer(), 200))
    .openapi(found, async (context) => {
      await fleet().found(changeOf(context));
      return context.json(await answer(), 200);
    })
    .openapi(restore, async (context) => {
      await fleet().restore({ replace: isOn(context.req.valid("query").replace) }, changeOf(context));
      return context.json(await answer(), 200);
    })
    .openapi(join, async (context) => {
      await fleet().join({ replace: isOn(context.req.valid("query").replace) }, changeOf(context));
      return context.json(await answer(), 200);
    })
    .openapi(retry, async (context) => {
      await fleet().retry(changeOf(context));
      return context.json(await answer(), 200);
    });
}
