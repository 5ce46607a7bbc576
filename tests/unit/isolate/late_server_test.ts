/** Whose words say that an app without a handler will listen. */
import { assertEquals } from "@std/assert";
import { startsServer } from "../../../runtime/isolate/traffic/late_server.ts";

const PACKAGE = `const require = 0;
// node_modules/framework/index.js
var require_framework = __commonJS({ "node_modules/framework/index.js"(exports) {
// A comment that names index.js
  http.createServer().listen(3000); start();
} });
`;
const MAP = `
//# sourceMappingURL=data:application/json;base64,listen`;
const own = (code: string, path = "index.js") => startsServer(`${PACKAGE}\n// ${path}\n${code}${MAP}`);

Deno.test("An app's own files say that a server is to listen, its packages do not", () => {
  assertEquals(startsServer(PACKAGE), false);
  assertEquals(startsServer(PACKAGE.slice(PACKAGE.indexOf("//"))), false);
  assertEquals(own("console.log(axios.VERSION);"), false);
  assertEquals(own("export const restarted = 1;"), false);
  assertEquals(own("main(); async function main() { await db(); app.listen(3000); }"), true);
  assertEquals(own("http.createServer(answer);"), true);
  assertEquals(own("later().then(() => (0, import_server.serve)({ fetch }));"), true);
  assertEquals(own("await startStandaloneServer(server);", "../packages/api/main.ts"), true);
  assertEquals(own("bootstrap(); var import_framework = __toESM(require_framework());"), true);
});

Deno.test("A bundle without the paths of its files counts as the app's own", () => {
  assertEquals(startsServer(`app.listen(3000);`), true);
  assertEquals(startsServer(`export const name = "app";`), false);
});
