interface Post {
  id: number;
  title: string;
  text: string;
}

/** The part of Cloudflare's D1PreparedStatement that this app uses. */
interface Statement {
  bind(...values: (string | number)[]): Statement;
  first<Row>(): Promise<Row | null>;
  all<Row>(): Promise<{ results: Row[] }>;
}

/** The part of its D1Database. */
interface Database {
  prepare(sql: string): Statement;
}

export default {
  async fetch(request: Request, { DB }: { DB: Database }): Promise<Response> {
    const [, collection, id] = new URL(request.url).pathname.split("/");
    if (collection !== "posts") return new Response("Not found\n", { status: 404 });
    if (id) {
      const post = await DB.prepare("SELECT * FROM posts WHERE id = ?").bind(Number(id)).first<Post>();
      return post === null ? new Response("Not found\n", { status: 404 }) : Response.json(post);
    }
    if (request.method === "POST") {
      const { title, text } = await request.json();
      const insert = DB.prepare("INSERT INTO posts (title, text) VALUES (?, ?) RETURNING id").bind(title, text);
      try {
        return Response.json(await insert.first<Pick<Post, "id">>(), { status: 201 });
      } catch (error) {
        if (!String(error).includes("UNIQUE constraint failed")) throw error;
        return new Response("There is such a post\n", { status: 409 });
      }
    }
    const { results } = await DB.prepare("SELECT id, title FROM posts ORDER BY id DESC LIMIT 20").all();
    return Response.json(results);
  },
};
