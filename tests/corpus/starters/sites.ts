/** Starters of which a build makes pages. */
import { type Starter, typed } from "./starter.ts";

const PREVIEW = "npx vite preview --port $PORT --strictPort --host 127.0.0.1";
const vite = (name: string, template: string): Starter => ({
  name,
  title: `create-vite 9.3.0: ${template}`,
  make: `npx create-vite@9.3.0 ${name} --template ${template} --no-interactive`,
  build: "npm run build",
  serve: PREVIEW,
  paths: ["/", "/favicon.svg", "/some/route", "/missing.js"],
});

/** All of them. */
export const SITES: readonly Starter[] = [
  vite("vite-react", "react-ts"),
  vite("vite-vue", "vue-ts"),
  vite("vite-svelte", "svelte-ts"),
  vite("vite-solid", "solid-ts"),
  vite("vite-lit", "lit-ts"),
  vite("vite-preact", "preact-ts"),
  vite("vite-vanilla", "vanilla-ts"),
  {
    name: "vue",
    title: "create-vue 3.24.0: --ts --router",
    make: "npx create-vue@3.24.0 vue --ts --router",
    build: "npm run build",
    serve: PREVIEW,
    paths: ["/", "/about", "/favicon.ico", "/missing"],
  },
  {
    name: "sv-static",
    note: "its build made no 404.html, and `vite preview` renders one",
    title: "sv 0.17.1: SvelteKit with adapter-static",
    make:
      "npx sv@0.17.1 create sv-static --template minimal --types ts --no-install --add sveltekit-adapter=adapter:static",
    build: "echo 'export const prerender = true;' > src/routes/+layout.ts && npm run build",
    serve: PREVIEW,
    paths: ["/", "/robots.txt", "/missing"],
  },
  {
    name: "astro-static",
    title: "Astro 7.3.5",
    make: null,
    build: "npm run build",
    serve: "npx astro preview --port $PORT --host 127.0.0.1",
    paths: ["/", "/about/", "/robots.txt", "/missing"],
  },
  {
    name: "docusaurus",
    title: "create-docusaurus 3.10.2: classic",
    make: "npx create-docusaurus@3.10.2 docusaurus classic --typescript --skip-install",
    build: "npm run build",
    serve: "npx docusaurus serve --no-open --port $PORT --host 127.0.0.1",
    paths: ["/", "/docs/intro", "/img/favicon.ico", "/missing"],
  },
  {
    name: "vitepress",
    title: "VitePress 1.6.4",
    make: null,
    build: "npm run docs:build",
    serve: "npx vitepress preview docs --port $PORT",
    note: "`vitepress preview` names no type for its 404.html",
    paths: ["/", "/markdown-examples", "/robots.txt", "/missing"],
  },
  {
    name: "eleventy",
    title: "Eleventy 3.1.8",
    make: null,
    build: "npm run build",
    serve: "npx eleventy --serve --port=$PORT",
    paths: ["/", "/more/", "/missing"],
    varies: [/<script type="module" integrity[^]*?<\/script>/g],
  },
  {
    name: "vike",
    title: "Vike 0.4.266 with React, prerendered",
    make: null,
    build: "npm run build",
    serve: PREVIEW,
    paths: ["/", "/about/", "/missing"],
    note: "`vite preview` sends a 404 without its page",
  },
  {
    name: "preact",
    title: "create-preact 0.5.3: with router and prerendering",
    // JavaScript, with a router, prerendered, without ESLint
    make: typed("npx create-preact@0.5.3 preact", ["\\r", "y", "y", "n"]),
    build: "npm run build",
    serve: PREVIEW,
    paths: ["/", "/vite.svg", "/missing"],
    note: "`vite preview` answers with the page of /404 by a plugin, NANO with index.html; both have the same code",
  },
  {
    name: "rsbuild",
    title: "create-rsbuild 2.2.5: react-ts",
    make: "npx create-rsbuild@2.2.5 --dir rsbuild --template react-ts",
    build: "npm run build",
    serve: "npx rsbuild preview --port $PORT --host 127.0.0.1",
    paths: ["/", "/favicon.png", "/missing"],
  },
  {
    name: "slidev",
    note:
      "hosts are to answer all paths with its page, as its netlify.toml says: an `assets` of its dist/ with `single_page` does",
    title: "create-slidev 52.15.2",
    make: "npx create-slidev@52.15.2 slidev || true",
    build: "npm run build",
    serve: "npx vite preview --outDir dist --port $PORT --strictPort --host 127.0.0.1",
    paths: ["/", "/2", "/missing.js"],
  },
  {
    name: "vuepress",
    title: "create-vuepress 2.0.0-rc.128",
    // Its last question is whether to start it
    make: `${
      typed("timeout 300 npx create-vuepress@2.0.0-rc.128 vuepress --theme default --preset docs", Array(9).fill("\\r"))
    } || true`,
    build: "npm run docs:build",
    serve: "npx http-server docs/.vuepress/dist -p $PORT",
    paths: ["/", "/get-started.html", "/missing"],
  },
];
