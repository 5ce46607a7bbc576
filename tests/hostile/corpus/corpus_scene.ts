/** Where the corpus is let loose: a real NANO with a canary, neighbours under load, secrets, and a trap for connections. */
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { RESERVE, TempProject } from "../../support/temp_project.ts";
import { until } from "../../integration/life/until.ts";
import { isRunning } from "../../integration/life/host_threads.ts";
import type { HostileCase } from "./hostile_case.ts";
import { NEIGHBOUR_APP, NeighbourLoad } from "./neighbour_load.ts";
import { Trap } from "./trap.ts";

/** Bounds a hang only, on a machine that is forty times too busy. */
export const DEADLINE_MS = 400_000;
/** Bearer token of the admin listener. */
export const TOKEN = "corpus-0123456789abcdef";
/** Planted in the host's environment. */
export const HOST_SECRET = "host-secret-77e0b1";
/** Planted in a neighbour's variables. */
export const NEIGHBOUR_SECRET = "neighbour-secret-4c19aa";

const NEIGHBOURS = ["neighbour-a", "neighbour-b"];
/** Small, so that a case is soon over; whoever is about something else gives its own. */
const LIMITS = { memory_mb: 64, external_mb: 64, cpu_ms: 1500, timeout_ms: 60_000, drain_timeout_ms: 2000 };

/** An app's source and the keys of nano.json that it wants. */
export interface HostileApp {
  readonly files: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, unknown>>;
}

/** One NANO, alive until a case ends it. */
export class CorpusScene implements AsyncDisposable {
  readonly nano: NanoProcess;
  readonly project: TempProject;
  readonly load: NeighbourLoad;
  /** Listens on loopback, where no app may go. */
  readonly trap: Trap;
  readonly #pid: number;

  private constructor(parts: { project: TempProject; nano: NanoProcess; trap: Trap }) {
    this.project = parts.project;
    this.nano = parts.nano;
    this.trap = parts.trap;
    this.#pid = parts.nano.pid;
    this.load = new NeighbourLoad(parts.nano, NEIGHBOURS);
  }

  /** @param apps that are there from the start */
  static async open(
    apps: Readonly<Record<string, HostileApp>> = {},
    own: HostileCase["own"] = {},
  ): Promise<CorpusScene> {
    const { config = {}, ...start } = own;
    const trap = new Trap();
    const innocent = { files: NEIGHBOUR_APP };
    const named = [...NEIGHBOURS, "canary"].map((name) => [name, {
      ...innocent,
      config: { env: { NAME: name, SECRET: NEIGHBOUR_SECRET } },
    }]);
    const hostile = Object.entries(apps).map(([name, { files, limits }]) => [name, {
      files,
      config: { ...LIMITS, ...limits },
    }]);
    const project = await TempProject.create(Object.fromEntries([...named, ...hostile]), {
      admin: { hostname: "127.0.0.1", port: 0, token: TOKEN },
      ...RESERVE,
      ...config,
    });
    try {
      const nano = await NanoProcess.start(project.configFile, {
        args: ["--no-watch"],
        timeoutMs: DEADLINE_MS,
        ...start,
        env: { NANO_HOST_SECRET: HOST_SECRET, ...start.env },
      });
      // On a machine that is busy beyond measure a boot may fail and be tried again.
      for (const name of [...NEIGHBOURS, "canary"]) {
        await until(
          async () => {
            const response = await nano.fetch(name, "/", { signal: AbortSignal.timeout(DEADLINE_MS) });
            await response.body?.cancel();
            return response.ok;
          },
          `${name} serves`,
          DEADLINE_MS,
        );
      }
      return new CorpusScene({ project, nano, trap });
    } catch (error) {
      await trap[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whether the process that was started is still the one that serves. */
  get isAlive(): boolean {
    return isRunning(this.#pid);
  }

  /** A request to the admin listener, with the token unless told otherwise. */
  async admin(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${TOKEN}`);
    const signal = AbortSignal.timeout(DEADLINE_MS);
    return await fetch(new URL(path, this.nano.adminUrl!), { redirect: "manual", signal, ...init, method, headers });
  }

  /** Puts a hostile app beside the others, by the admin API. @returns the answer's status and code, when it is refused */
  async add(name: string, { files, limits }: HostileApp): Promise<string | null> {
    for (const [path, text] of Object.entries(files)) await this.project.writeFile(name, path, text);
    const env = { TRAP: String(this.trap.port), ADMIN: String(new URL(this.nano.adminUrl!).port) };
    const app = { name, hostname: name, path: `${this.project.dir}/apps/${name}`, ...LIMITS, env, ...limits };
    const response = await this.admin("POST", "/admin/apps", {
      body: JSON.stringify(app),
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    if (response.status === 201) return null;
    const code = response.headers.get("nano-error");
    if (code === null) throw new Error(`POST /admin/apps: ${response.status} ${text}`);
    return `${response.status} ${code}`;
  }

  /** Takes an app away again. */
  async remove(name: string): Promise<void> {
    const response = await this.admin("DELETE", `/admin/apps/${name}`);
    await response.body?.cancel();
    if (response.status !== 200) throw new Error(`DELETE /admin/apps/${name}: ${response.status}`);
  }

  /** One request, and what a client sees of it; the body of a good answer is told unless it is "done". */
  async see(host: string, path = "/", init: RequestInit = {}): Promise<string> {
    let response: Response;
    try {
      response = await this.nano.fetch(host, path, { signal: AbortSignal.timeout(DEADLINE_MS), ...init });
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") return "no answer";
      return "cut";
    }
    return await sightOf(response);
  }

  /** The canary answers, whatever the others do. */
  async canarySings(): Promise<void> {
    const song = await this.see("canary");
    if (!song.startsWith("200 canary ")) throw new Error(`The canary says: ${song}`);
  }

  /** Watches the canary for about a second; a host that dies meanwhile is seen by `harm`. */
  async lingers(): Promise<void> {
    for (let song = 0; song < 4 && this.isAlive; song++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await this.see("canary");
    }
  }

  /** Waits for the end of an app's isolate. @returns its reason */
  async exitOf(app: string, from: number): Promise<string> {
    const isExit = (record: LogRecord) => record.event === "app_exit" && record["app"] === app;
    return String((await this.nano.waitForEvent(isExit, DEADLINE_MS, from))["reason"]);
  }

  /** Ends of an app's isolates since a point in the log. */
  exits(app: string, from = 0): string[] {
    return this.nano.events.slice(from)
      .filter((record) => record.event === "app_exit" && record["app"] === app)
      .map((record) => String(record["reason"]));
  }

  /** Waits until an app serves, again or still. */
  async serves(app: string): Promise<void> {
    await until(async () => await this.see(app, "/alive") === "200 alive", `${app} serves`, DEADLINE_MS);
  }

  /** What an attack has spoilt; empty when nothing. */
  harm({ mayEndHost = false } = {}): string[] {
    const found = mayEndHost ? [] : this.load.failures.slice(0, 5);
    if (!this.isAlive) found.push(`the host has ended: ${this.nano.stderr.slice(-1500)}`);
    for (const name of mayEndHost ? [] : [...NEIGHBOURS, "canary"]) {
      for (const reason of this.exits(name)) found.push(`${name} was ended: ${reason}`);
    }
    const told = JSON.stringify(this.nano.events) + this.nano.stderr + this.nano.strayLines.join("\n");
    for (const secret of [HOST_SECRET, NEIGHBOUR_SECRET, TOKEN, "root:x:0:0"]) {
      if (told.includes(secret)) found.push(`the log tells "${secret}"`);
    }
    if (this.trap.caught.length > 0) found.push(`an app came to a loopback port: ${this.trap.caught.join(", ")}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First the host: it cuts what the lanes wait for
    const stopped = this.load[Symbol.asyncDispose]();
    await this.nano[Symbol.asyncDispose]();
    await stopped;
    await this.trap[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

/** What a client sees of an answer: status, NANO's code, the text of a good answer, and whether it was cut. */
export async function sightOf(response: Response): Promise<string> {
  const code = response.headers.get("nano-error");
  const head = code === null ? `${response.status}` : `${response.status} ${code}`;
  let text = "";
  try {
    text = await response.text();
  } catch {
    return `${head} cut`;
  }
  return code !== null || text === "done" || response.status !== 200 ? head : `${head} ${text.slice(0, 200)}`;
}
