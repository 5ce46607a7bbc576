import { assertEquals } from "@std/assert";
import { BundledNano } from "./bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

/** Fails if the packages could not be had: these tests are about packages as they are published. */
function assertStarted(nano: BundledNano): void {
  const error = nano.failure();
  if (error === null) return;
  throw new Error(`The app did not start; this test needs the npm registry that Deno is set up for: ${error}`);
}

Deno.test({
  name: "hono, itty-router, zod and preact-render-to-string, installed from package.json, serve requests",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "package.json": JSON.stringify({
        dependencies: { hono: "^4", "itty-router": "^5", zod: "^4", preact: "^10", "preact-render-to-string": "^6" },
      }),
      "deno.json": '{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"preact"}}',
      "index.tsx": `
        import { Hono } from "hono";
        import { AutoRouter } from "itty-router";
        import { z } from "zod";
        import { renderToString } from "preact-render-to-string";
        const Page = ({ name }: { name: string }) => <main class="page">Hello <b>{name}</b></main>;
        const router = AutoRouter({ base: "/itty" });
        router.get("/:id", ({ id }) => ({ id }));
        const app = new Hono();
        app.get("/page/:name", (c) => c.html(renderToString(<Page name={c.req.param("name")} />)));
        app.get("/zod", (c) => {
          const parsed = z.object({ n: z.coerce.number().int() }).safeParse(c.req.query());
          return parsed.success ? c.json(parsed.data) : c.json(parsed.error.issues[0]!.path, 400);
        });
        app.all("/itty/*", (c) => router.fetch(c.req.raw));
        export default app;`,
    });
    assertStarted(nano);
    assertEquals(await nano.get("/page/Ada"), { status: 200, text: '<main class="page">Hello <b>Ada</b></main>' });
    assertEquals(await nano.get("/zod?n=7"), { status: 200, text: '{"n":7}' });
    assertEquals(await nano.get("/zod?n=x"), { status: 400, text: '["n"]' });
    assertEquals(await nano.get("/itty/9"), { status: 200, text: '{"id":"9"}' });
    assertEquals((await nano.get("/absent")).status, 404);
  },
});

Deno.test({
  name: "npm: specifiers without a package.json are installed into the app's folder, also through deno.json",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "deno.json":
        '{"imports":{"hono":"npm:hono@^4","@/":"./src/"},"compilerOptions":{"jsx":"precompile","jsxImportSource":"hono/jsx"}}',
      "main.tsx": `import { Hono } from "hono"; import { Page } from "@/page.tsx";
        import { nanoid } from "npm:nanoid@5.1.5";
        export default new Hono().get("/", (c) => c.html(<Page id={String(nanoid().length)} />));`,
      "src/page.tsx": "export const Page = ({ id }: { id: string }) => <p>{id}</p>;",
    });
    assertStarted(nano);
    assertEquals(await nano.get("/"), { status: 200, text: "<p>21</p>" });
  },
});
