const path = require("node:path");
const Koa = require("koa");
const Router = require("@koa/router");
const serve = require("koa-static");

const app = new Koa();
const router = new Router();
router.get("/", (ctx) => {
  ctx.body = "Hello Koa";
});
router.get("/api/hello", (ctx) => {
  ctx.body = { hello: ctx.query.name ?? "world" };
});
app.use(serve(path.join(__dirname, "public")));
app.use(router.routes()).use(router.allowedMethods());
app.listen(process.env.PORT ?? 3000);
