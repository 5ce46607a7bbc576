import { WorkerEntrypoint } from "cloudflare:workers";

const USERS = new Map([["token-of-ada", { name: "Ada", since: new Date("2024-12-10") }]]);

export default class extends WorkerEntrypoint {
  /** Called as env.AUTH.verify(token) by any app that has the binding. */
  verify(token) {
    const user = USERS.get(token);
    if (user === undefined) throw new RangeError("This token is nobody's");
    return user;
  }

  fetch() {
    return new Response("Sign in here\n");
  }
}

/** A part of its own: only apps whose binding names this entrypoint reach it. */
export class Admin extends WorkerEntrypoint {
  forget(token) {
    if (!this.ctx.props.may_forget) throw new Error("Not allowed");
    return USERS.delete(token);
  }
}
