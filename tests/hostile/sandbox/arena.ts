/** Where hostile apps are let loose: a real NANO with a neighbour that must not notice, and secrets that must not leak. */
import { assert, assertEquals } from "@std/assert";
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";

/** Planted in the environment of the host process. */
export const HOST_SECRET = "host-secret-5d1f0c";
/** Planted in the neighbour's variables. */
export const NEIGHBOUR_SECRET = "neighbour-secret-a83e77";

const NEIGHBOUR = `
const secret = process.env.NEIGHBOUR_SECRET;
export default { fetch: () => new Response("neighbour " + (secret.length + 1)) };`;
const NEIGHBOUR_ANSWER = `neighbour ${NEIGHBOUR_SECRET.length + 1}`;

/** Bounds a hang only: twenty loops at once get a fortieth of two cores each, on a machine that is forty times too busy. */
const HANG_MS = 400_000;

/** What a client saw of an attack. */
export interface Sight {
  /** 0 when the connection was cut before the head. */
  readonly status: number;
  /** What came of the body. */
  readonly text: string;
  /** NANO's code, when the answer is NANO's own. */
  readonly code: string | null;
}

/** One NANO with hostile apps. */
export class Arena implements AsyncDisposable {
  readonly nano: NanoProcess;
  readonly project: TempProject;

  private constructor(project: TempProject, nano: NanoProcess) {
    this.project = project;
    this.nano = nano;
  }

  /** Starts NANO with the attackers, by name, and the neighbour. */
  static async open(
    attackers: Readonly<Record<string, string | TempApp>>,
    options: { config?: Record<string, unknown>; guardian?: boolean } = {},
  ): Promise<Arena> {
    const apps = Object.fromEntries(
      Object.entries(attackers).map(([name, app]) => [name, typeof app === "string" ? { files: app } : app]),
    );
    const neighbour = { files: NEIGHBOUR, config: { env: { NEIGHBOUR_SECRET } } };
    const project = await TempProject.create({ ...apps, neighbour }, options.config ?? {});
    try {
      const nano = await NanoProcess.start(project.configFile, {
        env: { NANO_HOST_SECRET: HOST_SECRET },
        guardian: options.guardian ?? false,
        timeoutMs: 120_000,
      });
      return new Arena(project, nano);
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Calls an attacker; what a client can see of it, whatever comes. */
  async attack(app: string, path = "/", init: RequestInit = {}): Promise<Sight> {
    let status = 0;
    let text = "";
    try {
      const response = await this.nano.fetch(app, path, { ...init, signal: AbortSignal.timeout(HANG_MS) });
      status = response.status;
      const decoder = new TextDecoder();
      for await (const part of response.body ?? []) text += decoder.decode(part, { stream: true });
      return { status, text, code: codeOf(response, text) };
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") throw error;
      return { status, text, code: null };
    }
  }

  /** Index of the next log record, to look only at what comes from here on. */
  get mark(): number {
    return this.nano.events.length;
  }

  /** Waits for the end of an app's isolate. @returns its reason */
  async exitOf(app: string, from = 0): Promise<string> {
    const record = await this.nano.waitForEvent(
      (one) => one.event === "app_exit" && one["app"] === app,
      undefined,
      from,
    );
    return String(record["reason"]);
  }

  /** Log records of an app. */
  logOf(app: string): LogRecord[] {
    return this.nano.events.filter((record) => record["app"] === app);
  }

  /** The host lives, the neighbour answers rightly and was never restarted, and nothing secret came out anywhere. */
  async assertUnharmed(seen: readonly Sight[] = []): Promise<void> {
    const response = await this.nano.fetch("neighbour", "/", { signal: AbortSignal.timeout(HANG_MS) });
    assertEquals(await response.text(), NEIGHBOUR_ANSWER);
    const ends = this.logOf("neighbour").filter(({ event }) => event === "app_exit");
    assertEquals(ends, [], "the neighbour's isolate must outlive every attack");
    const everything = JSON.stringify(this.nano.events) + JSON.stringify(seen) + this.nano.stderr +
      this.nano.strayLines.join("\n");
    for (const secret of [HOST_SECRET, NEIGHBOUR_SECRET, "root:x:0:0"]) {
      assert(!everything.includes(secret), `a secret leaked: ${secret}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nano[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

function codeOf(response: Response, text: string): string | null {
  if (!(response.headers.get("content-type") ?? "").includes("problem+json")) return null;
  return String(JSON.parse(text).code);
}
