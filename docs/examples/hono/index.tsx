/** @jsxImportSource hono/jsx */
// A Hono app with its npm dependency in package.json. NANO installs what package.json lists when there is no
// node_modules yet; with one, made by "npm install" or any other way, it takes that.
// Try: curl http://hono.localhost:8080/ and curl -d '{"title":"Water the plants"}' http://hono.localhost:8080/todos

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

interface Todo {
  readonly id: number;
  readonly title: string;
  readonly done: boolean;
}

// Kept in the isolate's memory: gone when the app is reloaded or parked.
const todos = new Map<number, Todo>();
const MAX_TODOS = 100;
let lastId = 0;

const app = new Hono();

app.get("/", (c) =>
  c.html(
    <html lang="en">
      <head>
        <title>Todos</title>
      </head>
      <body>
        <h1>Todos</h1>
        <ul>
          {[...todos.values()].map(({ id, title, done }) => <li key={id}>{done ? <s>{title}</s> : title}</li>)}
        </ul>
      </body>
    </html>,
  ));

app.get("/todos", (c) => c.json([...todos.values()]));

app.post("/todos", async (c) => {
  const body: unknown = await c.req.json().catch(() => null);
  const title = typeof body === "object" && body !== null && "title" in body ? body.title : undefined;
  if (typeof title !== "string" || title.trim() === "") {
    throw new HTTPException(400, { message: 'Send {"title": text}' });
  }
  if (todos.size >= MAX_TODOS) {
    throw new HTTPException(409, { message: "There is enough to do already" });
  }
  const todo = { id: ++lastId, title: title.trim(), done: false };
  todos.set(todo.id, todo);
  return c.json(todo, 201);
});

app.put("/todos/:id/done", (c) => {
  const todo = todos.get(Number(c.req.param("id")));
  if (todo === undefined) return c.notFound();
  const done = { ...todo, done: true };
  todos.set(done.id, done);
  return c.json(done);
});

app.delete(
  "/todos/:id",
  (c) => todos.delete(Number(c.req.param("id"))) ? c.body(null, 204) : c.notFound(),
);

export default app;
