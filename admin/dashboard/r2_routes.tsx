/** The pages of R2 buckets, and what their forms change; uploads go to the admin API. */
import { Hono } from "hono";
import { NanoError, type R2ObjectView } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { good } from "./data_changes.ts";
import { type DashboardContext, type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { QuestionPage } from "./question_card.tsx";
import { objectDeletion, R2ObjectDetails } from "./r2_object_page.tsx";
import { R2Page } from "./r2_page.tsx";
import { folderOf, prefixPath } from "./r2_paths.ts";
import { renderPage } from "./render_page.ts";

/** Objects and folders on a page. */
const OBJECTS = 50;

/** Below `/data/r2`. */
export function r2PageRoutes(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes } = tools;
  const r2 = () => target.operations.data.r2;
  const routes = new Hono<AdminEnv>();

  routes.get("/:bucket", async (context) => {
    const name = context.req.param("bucket");
    const { prefix = "", cursor = "" } = context.req.query();
    const page = await r2().objects(name, { prefix, delimiter: "/", cursor: cursor || null, limit: OBJECTS });
    const bucket = (await r2().list()).find((one) => one.name === name)!;
    const view = { bucket, page, prefix, isLater: cursor !== "" };
    return renderPage(context, <R2Page frame={frameOf(context, tools)} view={view} />);
  });

  routes.get("/:bucket/objects/:key", async (context) => {
    const { bucket } = context.req.param();
    const object = await objectOf(context);
    return renderPage(context, <R2ObjectDetails frame={frameOf(context, tools)} bucket={bucket} object={object} />);
  });
  routes.get("/:bucket/objects/:key/delete", async (context) => {
    const question = objectDeletion(context.req.param("bucket"), (await objectOf(context)).key);
    return renderPage(context, <QuestionPage frame={frameOf(context, tools)} question={question} />);
  });
  routes.post("/:bucket/objects/:key/delete", async (context) => {
    const { bucket, key } = context.req.param();
    await r2().delete(bucket, [key], requestedBy(context));
    return goOn(context, { notes, path: prefixPath(bucket, folderOf(key)), note: good(`Deleted ${key}`) });
  });

  async function objectOf(context: DashboardContext): Promise<R2ObjectView> {
    const { bucket, key } = context.req.param() as { bucket: string; key: string };
    const object = await r2().head(bucket, key);
    if (object !== null) return object;
    throw new NanoError("NOT_FOUND", `Cannot show "${key}" of R2 bucket "${bucket}": there is no such object`);
  }

  return routes;
}
