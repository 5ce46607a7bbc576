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
  /** Why only all of Deno can run it, and what to set, where that is so. */
  readonly needsFull?: string;
  /** What to do where none of it is there. */
  readonly advice: string;
}

/** As `react-router-serve` and `remix-serve` make a handler of it; theirs is Express, which names the charset of texts. */
const requestHandler = (runtime: string) =>
  `import * as build from "./build/server/index.js";
import { createRequestHandler } from "${runtime}";
const handler = createRequestHandler(build, process.env.NODE_ENV);
export default {
  async fetch(request) {
    const response = await handler(request);
    const type = response.headers.get("content-type");
    if (type === null || !/^(?:text\\/[^;]*|application\\/(?:json|javascript))$/.test(type)) return response;
    const headers = new Headers(response.headers);
    headers.set("content-type", type + "; charset=utf-8");
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  },
};
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

/**
 * As the server.js does that Next.js writes for `output: "standalone"`: with the settings of the build, since
 * next.config.ts would be compiled anew by native code; React's code is that for production, whatever NANO runs as.
 */
const NEXT = `import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
process.env.NODE_ENV = "production";
const { config } = JSON.parse(readFileSync(resolve(".next", "required-server-files.json"), "utf8"));
process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
const require = createRequire(import.meta.url);
require("next");
const { startServer } = require("next/dist/server/lib/start-server");
const port = Number(process.env.PORT ?? 3000);
await startServer({ dir: resolve("."), isDev: false, config, hostname: "localhost", port, allowRetry: false });
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
    // It leaves the server behind that has rendered its pages
    name: "SvelteKit",
    packages: ["@sveltejs/adapter-static"],
    pages: "build",
    advice: `run "npm run build" there, which makes build/`,
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
  { name: "Hexo", packages: ["hexo"], pages: "public", advice: `run "npm run build" there, which makes public/` },
  {
    name: "Rspress",
    packages: ["@rspress/core", "rspress"],
    pages: "doc_build",
    advice: `run "npm run build" there, which makes doc_build/`,
  },
  {
    name: "Next.js",
    packages: ["next"],
    server: ".next/required-server-files.json",
    pages: "out",
    source: NEXT,
    needsFull: `Next.js is served by its own server, which loads code by paths that only run time knows: set ` +
      `"isolation": "process" and "compat": "full" for the app in nano.json (or output: "export" in next.config, and ` +
      `build: out/ is served without a server)`,
    advice: `run "npm run build" there, which makes .next`,
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

/** Where VitePress and VuePress put their pages: below the folder that a script names. */
export function pressFolders(scripts: unknown): string[] {
  const texts = typeof scripts === "object" && scripts !== null ? Object.values(scripts) : [];
  return texts.flatMap((text) => {
    const build = typeof text === "string"
      ? /\b(vitepress|vuepress)(?:-vite|-webpack)?\s+build\b(?:\s+([^\s-][^\s]*))?/.exec(text)
      : null;
    return build === null ? [] : [`${build[2] ?? "."}/.${build[1]}/dist`];
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
