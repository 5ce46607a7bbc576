/** What an app of nano.json looks like, and the limits that `defaults` may set for all apps. */
import { z } from "zod";
import { bindingSchema } from "./binding_configs.ts";
import { appQueuesSchema } from "./consumer_configs.ts";
import { cronProblem } from "./cron_expression.ts";
import { APP_DEFAULTS, ASSETS_DEFAULTS } from "./defaults.ts";
import { limitShape } from "./limit_schemas.ts";
import { APP_LIMITS } from "./limits.ts";
import { appHost, oneOf, outboundHost, port, section, text } from "./written_value.ts";

/** Names of variables as every shell and runtime takes them. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const VARIABLE_RULE = 'expected a name of letters, digits and "_" that does not begin with a digit';

const fromEnv = section({
  from_env: z.string(VARIABLE_RULE).regex(VARIABLE_NAME, VARIABLE_RULE)
    .meta({ description: "The variable of NANO's own environment that holds the value." }),
}, 'an object such as { "from_env": "HOST_NAME" }');

const fromFile = section({
  from_file: text("the path of a file").meta({
    description: "The file that holds the value, relative to nano.json. One trailing newline is dropped.",
  }),
}, 'an object such as { "from_file": "secrets/key" }');

/** A value kept outside nano.json. */
export const outsideValue = [fromEnv, fromFile] as const;

const envRule = 'expected text, { "from_env": "HOST_NAME" } or { "from_file": "path" }';
// deno-lint-ignore no-control-regex
const envText = z.string(envRule).regex(/^[^\u0000]*$/, "expected text without NUL characters");
const envValue = z.union([envText, ...outsideValue], envRule);

const cronRule = 'expected five fields (minute, hour, day, month, weekday), such as "*/5 * * * *"';

const CRON_FIELDS = /^\s*[^\s]+(\s+[^\s]+){4}\s*$/;

const cron = section({
  schedule: z.string(cronRule).regex(CRON_FIELDS, { error: cronRule, abort: true }).superRefine(
    (expression, context) => {
      const problem = cronProblem(expression.trim());
      if (problem !== null) context.addIssue({ code: "custom", message: `expected a schedule (${problem})` });
    },
  ).meta({
    description: "Minute, hour, day of the month, month, day of the week; in UTC.",
    examples: ["*/5 * * * *"],
  }),
  name: text("a name").optional().meta({
    description: "Name of the job, unique in its app. Default: the schedule.",
  }),
}, 'an object such as { "schedule": "*/5 * * * *" }');

const assetsRule = 'expected the path of a folder, or an object such as { "path": "public", "single_page": true }';

const wranglerRule = 'expected true, false or the name of an environment, such as "staging"';

const assetFolder = section({
  path: text("the path of a folder").meta({ description: "The folder, relative to nano.json." }),
  single_page: z.boolean("expected true or false").optional().meta({
    description:
      "Whether a path without a file gets /index.html, with status 200, when the client accepts HTML: the page's own script routes.",
    default: ASSETS_DEFAULTS.single_page,
  }),
}, 'an object such as { "path": "public", "single_page": true }');

/** The limits and switches that an app may set, and `defaults` for all apps; an app's own key wins. */
export const limitsShape = {
  ...limitShape(APP_LIMITS),
  isolation: oneOf(["worker", "process"]).optional().meta({
    description:
      "Where the app's isolate runs: `worker`, a thread of NANO; `process`, a process of its own, whose end takes nothing else along. Linux only, with `setpriv` and `prlimit` of util-linux; see the guide of isolation.",
    default: APP_DEFAULTS.isolation,
  }),
  compat: oneOf(["web", "full"]).optional().meta({
    description:
      'What the app finds: `web`, the web platform with NANO\'s `node:` modules; `full`, all of Deno and Node as Deno itself has them, its packages as they lie in its folder, and a `data/` folder of its own. Takes `"isolation": "process"`; see the guide of isolation.',
    default: APP_DEFAULTS.compat,
  }),
  streams: oneOf(["native", "polyfill"]).optional().meta({
    description: "`polyfill`: the isolate's stream classes come from web-streams-polyfill.",
    default: APP_DEFAULTS.streams,
  }),
  outbound: z.union([
    oneOf(["public", "none", "any"]),
    z.array(outboundHost(), "expected a list of hosts"),
  ], 'expected "public", "none", "any" or a list of hosts').optional().meta({
    description:
      "Where `fetch` and sockets may go: `public` (no loopback, private, link-local or metadata address), `none`, `any`, or a list of hosts, each with a port if only that is meant.",
    default: APP_DEFAULTS.outbound,
  }),
  node_compat: z.boolean("expected true or false").optional().meta({
    description: "Whether harmless `node:` modules may be imported; never those that reach the host.",
    default: APP_DEFAULTS.node_compat,
  }),
  start: oneOf(["eager", "lazy", "auto"]).optional().meta({
    description:
      "When the app comes up: `eager`, with NANO; `lazy`, by its first request, which bundles and boots it; `auto`, `lazy` from 100 apps on. What is deployed, added or changed by the admin API boots at once, whatever stands here.",
    default: APP_DEFAULTS.start,
  }),
};

const programRule = 'expected the name of a program, such as "git", or its absolute path';
const program = z.string(programRule).regex(/^(?:\/(?:[\w.+ -]+\/)*)?[\w.+-]+$/, programRule);

const nameRule = 'expected 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';

/** An app's name, also where another key refers to it. */
export const appName = z.string(nameRule).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, nameRule);

/** One entry of `apps`. */
export const appSchema = section({
  name: appName.meta({ description: "Unique name of the app." }),
  path: text("the path of a folder or an entry file").meta({
    description:
      "A folder or an entry file, relative to nano.json. In a folder: `main` of package.json, else the first of `index`, `main`, `worker`, `src/index`, `src/main` with `.ts .tsx .js .jsx .mjs`.",
  }),
  hostname: z.union(
    [appHost(), z.array(appHost(), "expected a list of hosts").min(1, "expected at least one host")],
    "expected a host or a list of hosts",
  )
    .optional().meta({
      description:
        "One host or a list: exact, or `*.example.com` for any host one or more labels below it. Compared without case, port and trailing dot. Default: the name.",
    }),
  port: port().optional().meta({
    description:
      "A listener of its own, on which every request goes to this app whatever its host; 0 picks a free port.",
  }),
  run: z.array(program, "expected a list of programs").optional().meta({
    description:
      'Programs that the app may start, by name or absolute path: `["git"]`. Takes `"compat": "full"`, and a machine with namespaces. Default: none.',
  }),
  ffi: z.boolean("expected true or false").optional().meta({
    description:
      'Whether the app may load native code that lies in its folder, as addons of packages are (sharp, bcrypt). Takes `"compat": "full"`. Default: false.',
  }),
  env: z.record(
    z.string().regex(VARIABLE_NAME, VARIABLE_RULE),
    envValue,
    'expected an object such as { "NAME": "text" }',
  )
    .optional().meta({
      description:
        'The app\'s variables: text, or a secret as `{ "from_env": "HOST_NAME" }` or `{ "from_file": path }`. Secrets are masked wherever NANO shows them.',
    }),
  bindings: z.record(
    z.string().regex(VARIABLE_NAME, VARIABLE_RULE),
    bindingSchema,
    'expected an object such as { "CACHE": { "kv": "cache" } }',
  ).optional().meta({
    description:
      'What the app finds in `env` beside texts: `{ "CACHE": { "kv": "cache" } }` is a KV namespace, `{ "DB": { "d1": "shop" } }` a D1 database, `{ "JOBS": { "queue": "jobs" } }` a queue to send to, `{ "FILES": { "r2": "files" } }` an R2 bucket. What is kept outlives restarts, deploys and the app itself.',
  }),
  ...limitsShape,
  assets: z.union([text("the path of a folder"), assetFolder], assetsRule).optional().meta({
    description:
      "A folder of static files served before the app, or an object with its `path` and options; also `env.ASSETS.fetch(request)`.",
  }),
  crons: z.array(cron, "expected a list of schedules").optional().meta({
    description: "When `scheduled(event, env, ctx)` is called.",
  }),
  queues: appQueuesSchema.optional().meta({ description: "Which queues the app consumes." }),
  root: text("the path of a folder").optional().meta({
    description:
      "The folder, at or above `path`, that imports and links may reach; nothing in it is written. Default: the workspace around the app (`pnpm-workspace.yaml`, `workspaces` of a package.json, a lock file), else its own folder.",
  }),
  wrangler: z.union([z.boolean(), text("the name of an environment")], wranglerRule).optional().meta({
    description:
      "Whether wrangler.json, .jsonc or .toml in the app's folder is read: its entry, variables, bindings, assets, crons, queues and routes hold where this file names none. A text is the name of one of its environments, as of `wrangler deploy --env`. Default: true.",
  }),
}, 'an object with "name" and "path"').meta({ description: "One app." });

/** An app as it is written in nano.json. */
export type WrittenApp = z.input<typeof appSchema>;

/** A value of `env` as it is written. */
export type WrittenEnvValue = z.input<typeof envValue>;
