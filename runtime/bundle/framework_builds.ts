/** What builds of frameworks leave behind that is no entry by itself: how it is served, or why it cannot be. */

/** How one framework's build is served. */
export interface FrameworkBuild {
  readonly name: string;
  /** Whoever depends on one of them is built by it. */
  readonly packages: readonly string[];
  /** The server that its build makes, relative to the app's folder. */
  readonly server?: string;
  /** Folder of the files that it makes for browsers, served before the server is asked. */
  readonly client?: string;
  /** Folder of the pages that its build makes, where that has no usual name. */
  readonly pages?: string;
  /** Source of an entry around the server, where that is none; it imports by paths that begin in the app's folder. */
  readonly source?: string;
  /** What to do where none of it is there. */
  readonly advice: string;
}

/** As `react-router-serve` and `remix-serve` make a handler of it. */
const requestHandler = (runtime: string) =>
  `import * as build from "./build/server/index.js";
import { createRequestHandler } from "${runtime}";
const handler = createRequestHandler(build, process.env.NODE_ENV);
export default { fetch: (request) => handler(request) };
`;

/** As `vite preview` serves what the build made before an adapter takes it. */
const SVELTEKIT = `import { Server } from "./.svelte-kit/output/server/index.js";
import { manifest } from "./.svelte-kit/output/server/manifest-full.js";
const server = new Server(manifest);
const ready = server.init({ env: process.env });
export default {
  async fetch(request, env, ctx) {
    await ready;
    return await server.respond(request, { platform: { env, ctx }, getClientAddress: () => ctx.remoteAddr?.hostname });
  },
};
`;

/** In the order in which they are looked for. */
export const FRAMEWORK_BUILDS: readonly FrameworkBuild[] = [
  {
    name: "React Router",
    packages: ["@react-router/dev"],
    server: "build/server/index.js",
    client: "build/client",
    source: requestHandler("react-router"),
    advice: `run "npm run build" there, which makes build/server`,
  },
  {
    name: "Remix",
    packages: ["@remix-run/dev"],
    server: "build/server/index.js",
    client: "build/client",
    source: requestHandler("@remix-run/node"),
    advice: `run "npm run build" there, which makes build/server`,
  },
  {
    name: "TanStack Start",
    packages: ["@tanstack/react-start", "@tanstack/solid-start", "@tanstack/vue-start"],
    server: "dist/server/server.js",
    client: "dist/client",
    advice: `run "npm run build" there, which makes dist/server`,
  },
  {
    name: "SvelteKit",
    packages: ["@sveltejs/kit"],
    server: ".svelte-kit/output/server/index.js",
    client: ".svelte-kit/output/client",
    source: SVELTEKIT,
    advice: `run "npm run build" there`,
  },
  {
    name: "Astro",
    packages: ["@astrojs/node"],
    server: "dist/server/entry.mjs",
    advice: `run "npm run build" there, which makes dist/server (its adapter needs mode: "standalone")`,
  },
  {
    name: "Waku",
    packages: ["waku"],
    server: "dist/serve-node.js",
    advice: `run "npm run build" there, which makes dist/serve-node.js`,
  },
  { name: "Gatsby", packages: ["gatsby"], pages: "public", advice: `run "npm run build" there, which makes public/` },
  {
    name: "Next.js",
    packages: ["next"],
    advice:
      `its build is served by Next's own server alone, which needs a process of Node; pages without a server are ` +
      `served: set output: "export" in next.config, build, and out/ is taken`,
  },
  {
    name: "Qwik City",
    packages: ["@builder.io/qwik-city", "@qwik.dev/router"],
    advice: `its build makes no server before an adapter is added: run "npm run qwik add" for one (node-server and ` +
      `express make server/, static makes pages in dist/), and build`,
  },
];

/** The framework that builds a project, if one is known. */
export function frameworkOf(packages: ReadonlySet<string>): FrameworkBuild | undefined {
  return FRAMEWORK_BUILDS.find((framework) => framework.packages.some((name) => packages.has(name)));
}

/** Where VitePress puts its pages: below the folder that a script names. */
export function vitePressFolders(scripts: unknown): string[] {
  const texts = typeof scripts === "object" && scripts !== null ? Object.values(scripts) : [];
  return texts.flatMap((text) => {
    const build = typeof text === "string" ? /\bvitepress\s+build\b(?:\s+([^\s-][^\s]*))?/.exec(text) : null;
    return build === null ? [] : [`${build[1] ?? "."}/.vitepress/dist`];
  });
}

/** The plugin that fastify-cli starts, and the level of its log. */
export interface FastifyStart {
  readonly file: string;
  readonly level: string | null;
  /** Whether the plugin tells of the server's own options. */
  readonly hasOptions: boolean;
}

/** Options of `fastify start` that a word of its own follows. */
const FASTIFY_VALUES =
  /^(?:-[plaxTr]|--(?:port|log-level|address|prefix|plugin-timeout|require|import|socket|body-limit))$/;

/** Reads the script that starts it; null when it is none of fastify-cli. */
export function fastifyStart(scripts: unknown): FastifyStart | null {
  const script = typeof scripts === "object" && scripts !== null ? Reflect.get(scripts, "start") : undefined;
  const words = typeof script === "string"
    ? /\bfastify\s+start\s+([^&|;]+)/.exec(script)?.[1]?.trim().split(/\s+/)
    : undefined;
  if (words === undefined) return null;
  let file: string | null = null;
  let level: string | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (FASTIFY_VALUES.test(word)) {
      at++;
      if (word === "-l" || word === "--log-level") level = words[at] ?? null;
    } else if (!word.startsWith("-")) file ??= word;
  }
  const hasOptions = words.includes("-o") || words.includes("--options");
  return file === null ? null : { file, level, hasOptions };
}

/** Source of an entry that does what fastify-cli does with a plugin. @param file path of it that begins with "./" */
export function fastifyEntry(file: string, { level, hasOptions }: FastifyStart): string {
  return `import fastify from "fastify";
import * as module from ${JSON.stringify(file)};
const plugin = typeof module.default === "function" ? module.default : module.default?.default ?? module;
const options = ${hasOptions ? "plugin.options ?? module.options ?? {}" : "{}"};
const app = fastify({ logger: ${level === null ? "false" : JSON.stringify({ level })}, ...options });
await app.register(plugin);
await app.listen({ port: Number(process.env.PORT ?? 3000) });
`;
}
