/** The schema of nano.json: the one source of the written type, the defaults and the JSON Schema for editors. */
import { z } from "zod";
import { appName, appSchema, limitsShape, outsideValue } from "./app_schema.ts";
import { CONFIG_DEFAULTS } from "./defaults.ts";
import { fleetSchema } from "./fleet_schema.ts";
import { limitShape } from "./limit_schemas.ts";
import { HOST_LIMITS, MAX_TIMEOUT_MS } from "./limits.ts";
import { cidr, listenHost, oneOf, port, section, text, whole } from "./written_value.ts";

export type { AdminConfig, AppConfig, AssetsConfig, BindingConfig, CronConfig, NanoConfig } from "./resolved_config.ts";

const tokenRule = 'expected visible ASCII text, { "from_env": "HOST_NAME" } or { "from_file": "path" }';

/** What a bearer token may consist of: visible ASCII, since it travels in a header. */
export const TOKEN = /^[\x21-\x7e]+$/;

const admin = section({
  hostname: listenHost().optional().meta({
    description: "Address of the admin listener.",
    default: CONFIG_DEFAULTS.admin.hostname,
  }),
  port: port().optional().meta({
    description: "Port of the admin listener; 0 picks a free one.",
    default: CONFIG_DEFAULTS.admin.port,
  }),
  token: z.union([z.string(tokenRule).regex(TOKEN, tokenRule), ...outsideValue], tokenRule).optional().meta({
    description: "Bearer token of the admin API. Without it one is generated and kept in `state_dir` with mode 0600.",
  }),
}, 'false or an object such as { "port": 9090 }');

const tls = section({
  cert: text("the path of a PEM file").meta({ description: "The certificate chain, as a PEM file." }),
  key: text("the path of a PEM file").meta({ description: "The private key, as a PEM file." }),
}, 'an object such as { "cert": "cert.pem", "key": "key.pem" }');

const log = section({
  level: oneOf(["debug", "info", "warn", "error"]).optional().meta({
    description: "The least level that is written.",
    default: CONFIG_DEFAULTS.log.level,
  }),
  format: oneOf(["json", "pretty"]).optional().meta({
    description:
      "`json`: one record a line; `pretty`: for people. Without it `nano start` on a terminal writes `pretty`.",
    default: CONFIG_DEFAULTS.log.format,
  }),
}, 'an object such as { "level": "info" }');

const installTokenRule = `${tokenRule}, of letters, digits and "._~+/=:-"`;

/** What a registry's token may consist of: nothing that the installer's configuration file gives a meaning. */
export const INSTALL_TOKEN = /^[\w.~+/=:-]+$/;

const registryRule = "expected an http or https URL without credentials, query and fragment";

const install = section({
  registry: z.string(registryRule).refine(isRegistry, registryRule).optional().meta({
    description: "The npm registry that packages come from. Default: npm's own.",
    examples: ["https://npm.example.com/"],
  }),
  token: z.union(
    [z.string(installTokenRule).regex(INSTALL_TOKEN, installTokenRule), ...outsideValue],
    installTokenRule,
  ).optional().meta({
    description: "Token for the registry, which has to be named then. It is sent nowhere else, and no app sees it.",
  }),
  uploads: z.boolean("expected true or false").optional().meta({
    description: "Whether packages are installed for uploaded versions too; else these bring their node_modules.",
    default: CONFIG_DEFAULTS.install.uploads,
  }),
  timeout_ms: whole("milliseconds", 1, MAX_TIMEOUT_MS).optional().meta({
    description: "How long one installation may take, in milliseconds.",
    default: CONFIG_DEFAULTS.install.timeout_ms,
  }),
}, 'an object such as { "registry": "https://npm.example.com/" }');

/** Nothing in it may end a line of the installer's configuration, or be expanded by it. */
function isRegistry(written: string): boolean {
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol) || /[\s$"'\\]/.test(written)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** The whole document. */
export const configSchema = section(
  {
    $schema: z.unknown().optional().meta({ description: "Ignored; for editors." }),
    hostname: listenHost().optional().meta({
      description: "Address of the public listener.",
      default: CONFIG_DEFAULTS.hostname,
    }),
    port: port().optional().meta({
      description: "Port of the public listener; 0 picks a free one.",
      default: CONFIG_DEFAULTS.port,
    }),
    tls: tls.optional().meta({ description: "With it the public listener speaks HTTPS and HTTP/2." }),
    admin: z.union([z.literal(false, "expected false"), admin], 'expected false or an object such as { "port": 9090 }')
      .optional().meta({
        description: "The admin listener (API, metrics, dashboard); `false` turns it off.",
        default: CONFIG_DEFAULTS.admin,
      }),
    state_dir: text("the path of a folder").optional().meta({
      description:
        "Folder of what NANO itself keeps: token, deployed versions, bundle cache, history. Its owner's alone (mode 0700), and of one NANO at a time.",
      default: CONFIG_DEFAULTS.state_dir,
    }),
    ...limitShape(HOST_LIMITS),
    trusted_proxies: z.array(cidr(), "expected a list of address ranges").optional().meta({
      description:
        "Address ranges whose X-Forwarded-For, -Proto and -Host are believed; from anyone else they are replaced.",
      default: [],
    }),
    default_app: appName.optional().meta({
      description: "The app that gets requests whose host nobody claims. Without it: 404.",
    }),
    install: install.optional().meta({
      description: "How the npm packages that an app lists are installed, when it has no node_modules.",
    }),
    log: log.optional().meta({ description: "What the log tells and how." }),
    fleet: fleetSchema.optional().meta({
      description:
        "Makes this NANO a node of a fleet: what is deployed on one node is served by all. Read at the start only.",
    }),
    defaults: section(limitsShape, 'an object such as { "memory_mb": 256 }').optional().meta({
      description: "Limits for all apps; an app's own key wins.",
    }),
    apps: z.array(appSchema, "expected a list of apps").optional().meta({ description: "The apps.", default: [] }),
  },
  'an object such as { "apps": [] }',
  Object.keys(limitsShape).concat("name", "path", "env", "assets", "crons"),
);

/** nano.json as it is written. */
export type WrittenConfig = z.input<typeof configSchema>;
