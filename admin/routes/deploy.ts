/** Routes of the versions: deploy, list, delete, roll back, roll out. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type DeployRequest, NanoError, type VersionView } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type ApiParts, appChangeOf } from "./api_parts.ts";
import { isoTime } from "../gate/app_view.ts";
import { appDetailSchema, nameParams, type Version, versionListSchema, versionSchema } from "../schemas/app_schemas.ts";
import {
  flag,
  givenNumber,
  givenText,
  ifMatchHeader,
  isOn,
  json,
  jsonContent,
  problems,
  wholeNumberQuery,
} from "./route_parts.ts";

const TAGS = ["Versions"];
/** What an archive may come as; its first bytes tell what it is. The last one is what `curl --data-binary` sends. */
export const ARCHIVE_TYPES = [
  "application/zip",
  "application/x-zip-compressed",
  "application/gzip",
  "application/x-gzip",
  "application/x-tar+gzip",
  "application/tar+gzip",
  "application/x-tgz",
  "application/x-gtar",
  "application/x-compressed-tar",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
] as const;

/** Beside the archive, which is the body; URLs are kept in logs of proxies, and values of `env` may be secret. */
const KEYS_HEADER = "nano-app-keys";
const MAX_NOTE_LENGTH = 500;
const archive = { schema: { type: "string", format: "binary" } } as const;
const percentRule = "expected a whole number from 0 to 100";

const deploy = createRoute({
  method: "post",
  path: "/admin/apps/{name}/versions",
  operationId: "deployVersion",
  summary: "Deploy an archive as a new version",
  description:
    "The body is a zip or a tar.gz. It is stored and booted, and only then takes over, without a lost request.",
  tags: TAGS,
  request: {
    params: nameParams,
    headers: ifMatchHeader.extend({
      [KEYS_HEADER]: z.string().optional().meta({
        description: "Other keys of an app that is made, as in `apps[]` of nano.json: an object as JSON, in ASCII.",
        examples: ['{"env":{"COLOR":"red"}}'],
      }),
    }),
    query: z.object({
      create: flag("Makes the app when there is none of that name."),
      hostname: z.union([z.string(), z.array(z.string())]).optional().meta({
        description: "Host of an app that is made; may be given several times. Default: the name.",
      }),
      percent: wholeNumberQuery(1, 100, "The version gets this part of the requests instead of all."),
      preview: flag("The version serves on a host of its own only."),
      suffix: z.string().optional().meta({
        description: "What the host of a preview ends in: `<version>--<app>.<suffix>`. Default: the app's own host.",
      }),
      note: z.string().max(MAX_NOTE_LENGTH, `expected at most ${MAX_NOTE_LENGTH} characters`).optional().meta({
        description: "A word for the list of versions.",
      }),
    }),
    body: { required: true, content: Object.fromEntries(ARCHIVE_TYPES.map((type) => [type, archive])) },
  },
  responses: { 201: json(versionSchema, "It serves"), ...problems },
});

const list = createRoute({
  method: "get",
  path: "/admin/apps/{name}/versions",
  operationId: "listVersions",
  summary: "List the kept versions, newest first",
  tags: TAGS,
  request: { params: nameParams },
  responses: { 200: json(versionListSchema, "The versions"), ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/admin/apps/{name}/versions/{version}",
  operationId: "removeVersion",
  summary: "Delete a version that does not serve, and its preview",
  tags: TAGS,
  request: {
    params: nameParams.extend({ version: z.string().meta({ examples: ["v3"] }) }),
    headers: ifMatchHeader,
  },
  responses: {
    200: json(z.object({ app: z.string(), version: z.string() }).meta({ id: "RemovedVersion" }), "It is gone"),
    ...problems,
  },
});

const rollback = createRoute({
  method: "post",
  path: "/admin/apps/{name}/rollback",
  operationId: "rollBack",
  summary: "Go back to an earlier version at once",
  description: "Without a version: the one that served before. `path`: the app's own path. An open rollout ends.",
  tags: TAGS,
  request: {
    params: nameParams,
    headers: ifMatchHeader,
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({ version: z.string('expected a version such as "v3", or "path"').nullish() }).meta({
            id: "Rollback",
            examples: [{ version: "v3" }],
          }),
        },
      },
    },
  },
  responses: {
    200: json(
      z.object({ app: z.string(), version: z.string().meta({ description: "What serves now, or `path`." }) }).meta({
        id: "RolledBack",
      }),
      "The earlier version serves",
    ),
    ...problems,
  },
});

const rollout = createRoute({
  method: "post",
  path: "/admin/apps/{name}/rollout",
  operationId: "rollOut",
  summary: "Change how many requests a version gets",
  description: "0 ends the rollout, 100 makes the version the one that serves.",
  tags: TAGS,
  request: {
    params: nameParams,
    headers: ifMatchHeader,
    body: jsonContent(
      z.strictObject({
        version: z.string('expected a version such as "v3"').meta({ examples: ["v3"] }),
        percent: z.int(percentRule).min(0, percentRule).max(100, percentRule),
      }).meta({ id: "Rollout", examples: [{ version: "v3", percent: 10 }] }),
    ),
  },
  responses: { 200: json(appDetailSchema, "The app with its rollout"), ...problems },
});

/** The routes of the versions. */
export function deployRoutes({ target, views }: ApiParts) {
  const { operations } = target;
  return new OpenAPIHono<AdminEnv>()
    .openapi(deploy, async (context) => {
      const { name } = context.req.valid("param");
      const query = context.req.valid("query");
      const keys = context.req.valid("header")[KEYS_HEADER];
      checkType(name, context.req.header("content-type"));
      const { body } = context.req.raw;
      if (body === null) throw new NanoError("USAGE", `Cannot deploy app "${name}": the body is no zip and no tar.gz`);
      const by = appChangeOf(context, () => operations.apps.tagOf(name));
      const how: DeployRequest = {
        ...by,
        create: isOn(query.create) ? createdApp(name, query.hostname, keys) : null,
        target: deployTarget(name, query),
        note: query.note ?? "",
      };
      const archive = ReadableStream.from(uploaded(body));
      try {
        const version = versionView(await operations.versions.deploy(name, archive, how));
        const revision = operations.fleet?.revisionOf(name) ?? null;
        return context.json({ ...version, ...revision === null ? {} : { fleet: { revision } } }, 201);
      } finally {
        // Refused before it was read: whoever sends it need not go on.
        if (!archive.locked) await archive.cancel();
      }
    })
    .openapi(list, (context) => {
      const { name } = context.req.valid("param");
      return context.json({ app: name, versions: operations.versions.list(name).map(versionView) }, 200);
    })
    .openapi(remove, async (context) => {
      const { name, version } = context.req.valid("param");
      await operations.versions.remove(name, version, appChangeOf(context, () => operations.apps.tagOf(name)));
      return context.json({ app: name, version }, 200);
    })
    .openapi(rollback, async (context) => {
      const { name } = context.req.valid("param");
      const { version } = context.req.valid("json");
      const by = appChangeOf(context, () => operations.apps.tagOf(name));
      return context.json({ app: name, version: await operations.versions.rollback(name, version ?? null, by) }, 200);
    })
    .openapi(rollout, async (context) => {
      const { name } = context.req.valid("param");
      const { version, percent } = context.req.valid("json");
      await operations.versions.rollout(
        name,
        version,
        percent,
        appChangeOf(context, () => operations.apps.tagOf(name)),
      );
      return context.json(views.detail(name), 200);
    });
}

/** The body; a client that goes away before its end is no fault of NANO's. */
async function* uploaded(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new NanoError("BAD_REQUEST", "Cannot read the archive: the upload was cut", { cause });
  }
}

/** A body without a type is taken for what it is. */
function checkType(name: string, written: string | undefined): void {
  const [type] = (written?.toLowerCase() ?? "").split(";").map((part) => part.trim());
  if (type === "" || ARCHIVE_TYPES.some((one) => one === type)) return;
  throw new NanoError(
    "UNSUPPORTED_MEDIA_TYPE",
    `Cannot deploy app "${name}": content type "${type}" is none of ${ARCHIVE_TYPES.join(", ")}`,
  );
}

function createdApp(
  name: string,
  hostname: string | readonly string[] | undefined,
  keys: string | undefined,
): NonNullable<DeployRequest["create"]> {
  const hostnames = [hostname ?? []].flat().filter((host) => host !== "");
  if (givenText(keys) === null) return { hostnames };
  const read = readKeys(keys!);
  if (read !== null) return { hostnames, keys: read };
  throw new NanoError("USAGE", `Cannot deploy app "${name}": ${KEYS_HEADER} is no JSON object`);
}

function readKeys(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const read = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}

function deployTarget(
  name: string,
  { percent, preview, suffix }: {
    percent?: string | undefined;
    preview?: string | undefined;
    suffix?: string | undefined;
  },
): DeployRequest["target"] {
  const part = givenNumber(percent, null);
  if (!isOn(preview)) {
    if (givenText(suffix) !== null) {
      throw new NanoError("USAGE", `Cannot deploy app "${name}": "suffix" goes with "preview=1" only`);
    }
    return part === null || part === 100 ? "all" : { percent: part };
  }
  if (part !== null) {
    throw new NanoError("USAGE", `Cannot deploy app "${name}": "percent" and "preview" exclude each other`);
  }
  return { preview: { suffix: givenText(suffix) } };
}

function versionView({ version, createdAt, bytes, files, note, actor, role, previewHost }: VersionView): Version {
  return { version, created_at: isoTime(createdAt), bytes, files, note, actor, role, preview_host: previewHost };
}
