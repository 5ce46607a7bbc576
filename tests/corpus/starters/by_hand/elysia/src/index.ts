import { node } from "@elysiajs/node";
import { Elysia, t } from "elysia";

const app = new Elysia({ adapter: node() })
  .get("/", () => "Hello Elysia")
  .get("/api/hello", ({ query }) => ({ hello: query.name ?? "world" }), {
    query: t.Object({ name: t.Optional(t.String()) }),
  })
  .listen(Number(process.env.PORT ?? 3000), ({ hostname, port }) => {
    console.log(`Elysia is running at ${hostname}:${port}`);
  });

export type App = typeof app;
