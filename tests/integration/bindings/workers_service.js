/** The other app of workers_cases.js. */
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

class Target extends RpcTarget {
  hi() {
    return "hi";
  }
}
class OwnError extends Error {
  name = "OwnError";
  code = 7;
}

export default class extends WorkerEntrypoint {
  field = "of the instance";
  own = () => "never";
  add(a, b) {
    return a + b;
  }
  get title() {
    return "the title";
  }
  get nested() {
    return { value: 5, double: (value) => value * 2 };
  }
  self() {
    return [this.title, typeof this.env, typeof this.ctx.waitUntil];
  }
  echo(value) {
    return value;
  }
  nothing() {}
  fails() {
    throw new RangeError("too far");
  }
  failsOwn() {
    throw new OwnError("own", { cause: new Error("below") });
  }
  failsSeveral() {
    throw new AggregateError([new Error("one")], "several");
  }
  throwsText() {
    throw "a text";
  }
  stream(text) {
    return new Response(text).body;
  }
  async read(stream) {
    return await new Response(stream).text();
  }
  response() {
    return new Response("made", { status: 201, headers: { "x-a": "1" } });
  }
  async asked(request) {
    return [request.method, request.url, request.headers.get("x-q"), await request.text()];
  }
  props() {
    return this.ctx.props;
  }
  fn() {
    return (value) => value * 2;
  }
  async calls(fn) {
    return await fn(1);
  }
  target() {
    return new Target();
  }
  object() {
    return { a: { b: 5 } };
  }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/redirect") return Response.redirect("http://any/target");
    if (pathname === "/temporary") return Response.redirect("http://other/again", 307);
    if (pathname === "/circle") return Response.redirect("http://any/circle");
    if (pathname === "/again") return new Response(`${request.method} ${await request.text()}`);
    if (pathname === "/throw") throw new TypeError("thrown in fetch");
    return new Response(`${request.method} ${pathname}`);
  }
}

export class Admin extends WorkerEntrypoint {
  props() {
    return this.ctx.props;
  }
  fetch(request) {
    return new Response(`admin ${new URL(request.url).pathname} ${JSON.stringify(this.ctx.props)}`);
  }
}

export const plain = {
  double(value) {
    return value * 2;
  },
};
