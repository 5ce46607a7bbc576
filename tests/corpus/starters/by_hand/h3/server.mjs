import { H3, serve } from "h3";

const app = new H3();
app.get("/", () => "⚡️ Tadaa!");
app.get("/api/hello", (event) => ({ hello: event.url.searchParams.get("name") ?? "world" }));

serve(app, { port: process.env.PORT ?? 3000 });
