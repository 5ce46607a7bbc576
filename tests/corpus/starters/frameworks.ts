/** Starters of frameworks that render pages on a server. */
import type { Starter } from "./starter.ts";

const PREVIEW = "npx vite preview --port $PORT --strictPort --host 127.0.0.1";
/** For projects that name today as their date, which is after the newest that wrangler's server knows. */
const WRANGLER = "npx wrangler dev --port $PORT --ip 127.0.0.1 --compatibility-date 2026-11-01";
const NITRO = "node .output/server/index.mjs";
const FUNCTION_TEXTS = "the text of a function in a script, as it was bundled once more";
const ssr = (template: string): Starter => ({
  name: template,
  title: `create-vite-extra 5.0.3: ${template}`,
  make: `npx create-vite-extra@5.0.3 ${template} --template ${template}`,
  build: "npm run build",
  serve: "NODE_ENV=production node server",
  paths: ["/", "/vite.svg", "/missing"],
});
const sv = (name: string, adapter: string) =>
  `npx sv@0.17.1 create ${name} --template minimal --types ts --no-install ${adapter}`;

const fumadocs = (name: string, template: string, serve: string): Starter => ({
  name,
  title: `create-fumadocs-app 16.2.2: ${template}`,
  make: `npx create-fumadocs-app@16.2.2 ${name} -y --no-git --template ${template} --pm npm`,
  build: "npm run build",
  serve,
  paths: ["/", "/docs", "/docs/test", "/missing"],
  ...template === "waku" ? { note: FUNCTION_TEXTS } : {},
});

/** All of them. */
export const FRAMEWORKS: readonly Starter[] = [
  {
    name: "sv",
    title: "sv 0.17.1: SvelteKit (adapter-auto)",
    make: sv("sv", "--no-add-ons"),
    build: "npm run build",
    serve: PREVIEW,
    paths: ["/", "/robots.txt", "/missing"],
  },
  {
    name: "sv-node",
    title: "sv 0.17.1: SvelteKit, demo, with adapter-node",
    make: "npx sv@0.17.1 create sv-node --template demo --types ts --no-install --add sveltekit-adapter=adapter:node",
    build: "npm run build",
    serve: "node build",
    paths: ["/", "/about", "/robots.txt", "/missing"],
  },
  {
    name: "sv-cf",
    title: "sv 0.17.1: SvelteKit with adapter-cloudflare",
    make: sv("sv-cf", "--add sveltekit-adapter=adapter:cloudflare+cfTarget:workers"),
    build: "npm run gen && npm run build",
    serve: WRANGLER,
    paths: ["/", "/robots.txt", "/missing"],
  },
  {
    name: "react-router",
    note: FUNCTION_TEXTS,
    title: "React Router 8.4.0",
    make: null,
    build: "npm run build",
    serve: "npm start",
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
  {
    name: "remix",
    note: `${FUNCTION_TEXTS}; to a plain \`Response.json\` its own server answered 500`,
    title: "Remix 2.17.5",
    make: null,
    build: "npm run build",
    serve: "npm start",
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
  {
    name: "tanstack",
    title: "@tanstack/cli 0.71.0: TanStack Start",
    make: "npx @tanstack/cli@0.71.0 create tanstack --no-install --no-git -y",
    build: "npm run build",
    serve: PREVIEW,
    paths: ["/", "/robots.txt", "/missing"],
    varies: [/\bu:\d{13}\b/g],
  },
  {
    name: "solid-start",
    note: FUNCTION_TEXTS,
    title: "SolidStart 1.3.2",
    make: null,
    build: "npm run build",
    serve: NITRO,
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
  {
    name: "nuxt",
    title: "Nuxt 4.5.2",
    make: null,
    build: "npm run build",
    serve: NITRO,
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
  {
    name: "qwik",
    note: FUNCTION_TEXTS,
    title: "create-qwik 1.20.1: empty, with `qwik add node-server`",
    make:
      "npx create-qwik@1.20.1 empty qwik && cd qwik && npm install && npm run qwik add node-server -- --skipConfirmation=true",
    build: "npm run build",
    serve: "npm run serve",
    paths: ["/", "/favicon.svg", "/missing"],
    varies: [/q:instance="[^"]*"/g],
  },
  {
    name: "astro-node",
    title: "Astro 7.3.5 with @astrojs/node 11.1.6, standalone",
    make: null,
    build: "npm run build",
    serve: "HOST=127.0.0.1 npm start",
    paths: ["/", "/about", "/api/hello?name=x", "/robots.txt", "/missing"],
  },
  {
    name: "astro-cloudflare",
    title: "Astro 7.3.5 with @astrojs/cloudflare 14.3.3",
    make: null,
    build: "npm run build",
    serve: WRANGLER,
    paths: ["/", "/about", "/api/hello?name=x", "/robots.txt", "/missing"],
  },
  {
    name: "waku",
    title: "create-waku 0.13.0: Waku 1.0.0-rc.1",
    make: "npx create-waku@0.13.0-1.0.0-rc.1-0 --project-name waku",
    build: "npm run build",
    serve: "npx waku start --port $PORT",
    paths: ["/", "/about", "/images/favicon.png", "/missing"],
  },
  {
    name: "angular",
    title: "@angular/cli 22.1.9: `--ssr`",
    // Its packages want one another in the same version
    make: "npx @angular/cli@22.1.9 new angular --ssr --defaults --skip-git --skip-install && " +
      `sed -i 's/"^22/"~22/' angular/package.json`,
    build: "npm run build",
    serve: "NG_ALLOWED_HOSTS=127.0.0.1 npm run serve:ssr:angular",
    paths: ["/", "/favicon.ico", "/missing"],
    nano: { env: { NG_ALLOWED_HOSTS: "127.0.0.1" } },
  },
  {
    name: "marko-run",
    title: "Marko Run 0.11.12 with its Node adapter",
    make: null,
    build: "npm run build",
    serve: "npm start",
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
  {
    name: "next",
    title: "create-next-app 16.4.3",
    make:
      "npx create-next-app@16.4.3 next --ts --app --empty --no-tailwind --no-eslint --no-src-dir --use-npm --skip-install --disable-git --yes",
    build: "npm run build",
    serve: "npm start",
    paths: ["/", "/favicon.ico", "/missing"],
    nano: { isolation: "process", compat: "full", memory_mb: 512 },
  },
  fumadocs("fumadocs-waku", "waku", "npx waku start --port $PORT"),
  fumadocs("fumadocs-static", "+next+fuma-docs-mdx+static", "npx serve out -l tcp://127.0.0.1:$PORT"),
  ssr("ssr-vue"),
  ssr("ssr-react"),
  ssr("ssr-svelte"),
  ssr("ssr-solid"),
];
