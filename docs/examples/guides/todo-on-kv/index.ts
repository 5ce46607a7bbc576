interface Todo {
  id: string;
  text: string;
  done: boolean;
}

/** The part of Cloudflare's KVNamespace that this app uses. */
interface Todos {
  get(key: string, type: "json"): Promise<Todo | null>;
  put(key: string, value: string, options: { metadata: { done: boolean }; expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string }): Promise<{ keys: { name: string; metadata: { done: boolean } }[] }>;
}

const MONTH_SECONDS = 30 * 24 * 3600;

export default {
  async fetch(request: Request, { TODOS }: { TODOS: Todos }): Promise<Response> {
    const [, collection, id] = new URL(request.url).pathname.split("/");
    if (collection !== "todos") return new Response("Not found\n", { status: 404 });
    const keep = async (todo: Todo, status: number) => {
      const options = { metadata: { done: todo.done }, expirationTtl: MONTH_SECONDS };
      await TODOS.put(`todo:${todo.id}`, JSON.stringify(todo), options);
      return Response.json(todo, { status });
    };

    if (!id && request.method === "POST") {
      return await keep({ id: crypto.randomUUID(), text: await request.text(), done: false }, 201);
    }
    if (!id) {
      const { keys } = await TODOS.list({ prefix: "todo:" });
      return Response.json(keys.map(({ name, metadata }) => ({ id: name.slice("todo:".length), ...metadata })));
    }
    const todo = await TODOS.get(`todo:${id}`, "json");
    if (todo === null) return new Response("Not found\n", { status: 404 });
    if (request.method === "PUT") return await keep({ ...todo, done: true }, 200);
    if (request.method !== "DELETE") return Response.json(todo);
    await TODOS.delete(`todo:${id}`);
    return new Response(null, { status: 204 });
  },
};
