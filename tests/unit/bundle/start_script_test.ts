import { assertEquals } from "@std/assert";
import { startedFiles } from "../../../runtime/bundle/start_script.ts";

Deno.test("startedFiles() names what a script hands to Node or the like, past its options and variables", () => {
  const files = {
    "node ./bin/www": "./bin/www",
    "NODE_ENV=production PORT=80 node server.mjs --port 80": "server.mjs",
    "cross-env NODE_ENV=production node --enable-source-maps dist/main": "dist/main",
    "npm run build && node --import tsx -r ./hooks.js src/app.ts": "src/app.ts",
    "tsx watch src/start.ts": "src/start.ts",
    "bun run 'src/app.ts'": "src/app.ts",
  };
  for (const [start, file] of Object.entries(files)) assertEquals(startedFiles({ start }), [file], start);
});

Deno.test("startedFiles() names nothing where a tool is started, or nothing is", () => {
  for (const start of ["vite --open", "fastify start app.js", "nest start", "node", "node -v", "", 7, null]) {
    assertEquals(startedFiles({ start }), [], JSON.stringify(start));
  }
  assertEquals(startedFiles({ start: "node node_modules/vite/bin/vite.js" }), []);
  for (const scripts of [undefined, null, "node a.js", []]) assertEquals(startedFiles(scripts), []);
});

Deno.test("startedFiles() takes what is for production before what is for development", () => {
  assertEquals(startedFiles({ start: "node dev.js", "start:prod": "node dist/main" }), ["dist/main", "dev.js"]);
  const scripts = {
    dev: "nodemon dev.js",
    preview: "cross-env NODE_ENV=production node server",
    build: "node make.js",
  };
  assertEquals(startedFiles(scripts), ["server", "dev.js"]);
});

Deno.test("startedFiles() takes the scripts that serve last, as Angular names them by the project", () => {
  const scripts = { "serve:ssr:shop": "node dist/shop/server/server.mjs", start: "ng serve", serve: "node serve.js" };
  assertEquals(startedFiles(scripts), ["serve.js", "dist/shop/server/server.mjs"]);
});
