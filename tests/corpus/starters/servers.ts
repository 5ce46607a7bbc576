/** Starters of servers and of Workers. */
import type { Starter } from "./starter.ts";

const WRANGLER = "npx wrangler dev --port $PORT --ip 127.0.0.1";
const c3 = (name: string, type: string, paths: readonly string[]): Starter => ({
  name,
  title: `create-cloudflare 2.74.0: ${type}`,
  make: `npx create-cloudflare@2.74.0 ${name} --type ${type} --lang ts --no-deploy --no-git --accept-defaults`,
  serve: WRANGLER,
  paths,
});

const framework = (name: string, chosen: string) =>
  `npx create-cloudflare@2.74.0 ${name} --framework ${chosen} --no-deploy --no-git --accept-defaults`;

/** All of them. */
export const SERVERS: readonly Starter[] = [
  c3("c3-hello", "hello-world", ["/", "/favicon.ico", "/missing"]),
  c3("c3-assets", "hello-world-with-assets", ["/", "/message", "/missing"]),
  c3("c3-assets-only", "hello-world-assets-only", ["/", "/index.html", "/missing"]),
  c3("c3-common", "common", ["/", "/redirect", "/redirect?redirectUrl=https://example.com/", "/api/todos", "/missing"]),
  c3("c3-scheduled", "scheduled", ["/", "/deep/route?x=1", "/favicon.ico"]),
  c3("c3-queues", "queues", ["/", "/deep/route?x=1", "/favicon.ico"]),
  c3("c3-durable", "hello-world-durable-object", ["/", "/deep/route", "/favicon.ico"]),
  {
    name: "c3-vue",
    title: "create-cloudflare 2.74.0: --framework vue",
    make: framework("c3-vue", "vue"),
    build: "npm run build",
    serve: WRANGLER,
    paths: ["/", "/api/hello", "/favicon.ico", "/some/route"],
  },
  {
    name: "c3-react",
    title: "create-cloudflare 2.74.0: --framework react",
    make: framework("c3-react", "react --variant react-ts"),
    build: "npm run build",
    serve: WRANGLER,
    paths: ["/", "/api/", "/favicon.svg", "/some/route"],
  },
  c3("c3-openapi", "openapi", ["/", "/openapi.json", "/api/tasks", "/missing"]),
  {
    name: "hono-nodejs",
    title: "Hono 4.13.19: nodejs",
    make: null,
    build: "npm run build",
    serve: "npm start",
    paths: ["/", "/missing", "/robots.txt"],
  },
  {
    name: "hono-workers",
    title: "Hono 4.13.19: cloudflare-workers",
    make: null,
    serve: WRANGLER,
    paths: ["/", "/missing", "/robots.txt"],
  },
  {
    name: "hono-deno",
    title: "Hono 4.13.19: deno",
    make: null,
    serve: "DENO_SERVE_ADDRESS=tcp:127.0.0.1:$PORT deno run -A main.ts",
    paths: ["/", "/missing", "/robots.txt"],
  },
  {
    name: "express",
    title: "express-generator 4.16.1: --view=pug",
    make: "npx express-generator@4.16.1 --view=pug express",
    serve: "npm start",
    paths: ["/", "/users", "/stylesheets/style.css", "/missing"],
  },
  {
    name: "express-api",
    title: "express-generator 4.16.1: --no-view",
    make: "npx express-generator@4.16.1 --no-view express-api",
    serve: "npm start",
    paths: ["/", "/users", "/stylesheets/style.css", "/missing"],
  },
  {
    name: "koa",
    title: "Koa 3.3.0",
    make: null,
    serve: "npm start",
    paths: ["/", "/api/hello?name=x", "/robots.txt", "/missing"],
  },
  {
    name: "fastify",
    title: "fastify-cli 8.0.2: generate",
    make: "npx fastify-cli@8.0.2 generate fastify",
    serve: "npx fastify start -p $PORT app.js",
    paths: ["/", "/example", "/missing"],
  },
  {
    name: "fastify-ts",
    title: "fastify-cli 8.0.2: generate --lang=ts",
    make: "npx fastify-cli@8.0.2 generate fastify-ts --lang=ts",
    // TypeScript 6, which it installs, asks for it
    edits: [{ file: "tsconfig.json", from: `"outDir": "dist",`, to: `"outDir": "dist", "rootDir": "src",` }],
    build: "npm run build:ts",
    serve: "npx fastify start -p $PORT dist/app.js",
    paths: ["/", "/example", "/missing"],
  },
  {
    name: "nest",
    title: "@nestjs/cli 12.0.8: new",
    make: "npx @nestjs/cli@12.0.8 new nest --skip-git --skip-install --package-manager npm",
    build: "npm run build",
    serve: "npm run start:prod",
    paths: ["/", "/missing", "/robots.txt"],
  },
  {
    name: "elysia",
    title: "Elysia 1.4.30 with @elysiajs/node",
    make: null,
    serve: "npm start",
    paths: ["/", "/api/hello?name=x", "/missing"],
  },
  {
    name: "h3",
    title: "h3 2.0.8",
    make: null,
    serve: "npm start",
    paths: ["/", "/api/hello?name=x", "/missing"],
  },
  {
    name: "nitro",
    title: "Nitro 3.0.260903-beta",
    make: null,
    build: "npm run build",
    serve: "node .output/server/index.mjs",
    paths: ["/", "/api/hello", "/robots.txt", "/missing"],
  },
];
