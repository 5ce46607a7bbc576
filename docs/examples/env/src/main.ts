// An app in TypeScript, in several files, that shows the environment it was given: the variables of its entry in
// nano.json and nothing of the host's. Values that look secret are masked.
// Try: curl http://env.localhost:8080/ and http://env.localhost:8080/greeting

import { greeting } from "./greeting.ts";
import { type Env, visible } from "./visible.ts";

export default {
  fetch(request: Request, env: Env): Response {
    switch (new URL(request.url).pathname) {
      case "/":
        return Response.json(visible(env));
      case "/greeting":
        return new Response(`${greeting(env, new Date())}\n`);
      default:
        return new Response("Not found\n", { status: 404 });
    }
  },
};
