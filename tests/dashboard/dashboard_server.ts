/** An admin listener with the dashboard over a fake NANO. */
import { createDashboard } from "../../admin/dashboard/create_dashboard.tsx";
import { AdminServer } from "../../admin/server.ts";
import { Sessions } from "../../admin/gate/session.ts";
import { type FakeAdminOptions, FakeAdminTarget } from "../support/fake_admin_target.ts";

/** The token of every test. */
export const TOKEN = "a-token-for-tests-0123456789";

/** A running listener; disposing it closes it. */
export class DashboardServer implements AsyncDisposable {
  readonly target: FakeAdminTarget;
  readonly sessions = new Sessions();
  #server: AdminServer | null;
  #port: number;

  constructor(options: FakeAdminOptions = {}) {
    this.target = new FakeAdminTarget(options);
    this.#server = this.#start(0);
    this.#port = Number(new URL(this.#server.url).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Ends the listener; pages lose their connection. */
  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = null;
  }

  /** Starts it again on the same port, with the same sessions. */
  startAgain(): void {
    this.#server = this.#start(this.#port);
  }

  #start(port: number): AdminServer {
    const { target, sessions } = this;
    const dashboard = () => createDashboard(target, { now: target.now });
    return AdminServer.start(target, { hostname: "127.0.0.1", port, token: TOKEN, sessions, dashboard });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
