/** A NANO under its guardian, for tests that kill the host: which process it is, what it noted, how it is killed. */
import { assertEquals } from "@std/assert";
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN } from "./admin_client.ts";
import { childrenOf, ofKernel } from "./host_threads.ts";
import { until } from "./until.ts";
import { freePort } from "../../support/free_port.ts";

/** Ticks of 10 ms. */
const SEEN_TICKS = 35;
/** Of the guardian's main thread, which sleeps after each look at the host and after hardly anything else. */
const SLEEPS = 12;

/** The guardian with its present host. */
export class GuardedHost implements AsyncDisposable {
  readonly project: TempProject;
  readonly nano: NanoProcess;
  readonly #resources: AsyncDisposable;

  private constructor(project: TempProject, nano: NanoProcess, resources: AsyncDisposable) {
    this.project = project;
    this.nano = nano;
    this.#resources = resources;
  }

  /** Starts a guardian on ports that the next host can have as well, and waits until its first host serves. */
  static async start(apps: Readonly<Record<string, TempApp>>): Promise<GuardedHost> {
    await using stack = new AsyncDisposableStack();
    const config = { port: freePort(), admin: { ...ADMIN, port: freePort() } };
    const project = stack.use(await TempProject.create(apps, config));
    const nano = stack.use(await NanoProcess.start(project.configFile, { guardian: true }));
    return new GuardedHost(project, nano, stack.move());
  }

  /** Process id of the host. */
  get pid(): number {
    const children = childrenOf(this.nano.pid);
    assertEquals(children.length, 1, `children of the guardian: ${children.join(", ")}`);
    return children[0]!;
  }

  /** What the host notes of an app for its guardian: lines of the flight recorder's file. */
  noted(app: string): string[] {
    const [pid] = childrenOf(this.nano.pid);
    if (pid === undefined) return [];
    const args = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
    const at = args.indexOf("--guarded");
    const file = args[at + 1];
    // Another program until it has been replaced by Deno.
    if (at === -1 || file === undefined) return [];
    return Deno.readTextFileSync(`${file}.flight`).split("\n").filter((line) => line.includes(`"${app}"`));
  }

  /**
   * Waits until an isolate of the app has computed for a third of a second from now on, so that the guardian has seen it.
   * @param phase as the flight recorder has it
   */
  async computes(app: string, phase: "booting" | "running"): Promise<void> {
    const before = new Map<string, number>();
    await until(() =>
      this.noted(app).filter((line) => line.includes(`"${phase}"`)).some((line) => {
        const thread = `worker-${JSON.parse(line)[0]}`;
        const ticks = cpuTicks(this.pid, thread);
        if (!before.has(thread)) before.set(thread, ticks);
        return ticks - before.get(thread)! >= SEEN_TICKS;
      }), `app "${app}" computes while it is ${phase}`);
    await this.looks();
  }

  /** Waits until the guardian has looked at the host a few times from now on: on a busy machine it is late as well. */
  async looks(): Promise<void> {
    const sleeps = () =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${this.nano.pid}/status`))![1]);
    const before = sleeps();
    await until(() => sleeps() - before >= SLEEPS, "the guardian has looked at the host");
  }

  /** Starts a guardian anew on the same project, once this one has ended. */
  async again(): Promise<GuardedHost> {
    const nano = await NanoProcess.start(this.project.configFile, { guardian: true });
    return new GuardedHost(this.project, nano, nano);
  }

  /** Ends the host by a signal and waits until the next one runs. @returns what the guardian said */
  async kill(signal: Deno.Signal): Promise<LogRecord> {
    const from = this.nano.events.length;
    const host = this.pid;
    Deno.kill(host, signal);
    const died = await this.nano.waitForEvent(({ event }) => event === "host_died", undefined, from);
    await until(() => childrenOf(this.nano.pid).some((pid) => pid !== host), "the next host runs");
    return died;
  }

  /** Waits for an event that comes after the last death. */
  async next(event: string, app?: string): Promise<LogRecord> {
    const from = this.nano.events.findLastIndex((record) => record.event === "host_died") + 1;
    return await this.nano.waitForEvent(
      (record) => record.event === event && (app === undefined || record["app"] === app),
      undefined,
      from,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}

/** CPU time of a thread so far, in the kernel's ticks. */
function cpuTicks(pid: number, thread: string): number {
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const stat = ofKernel(`/proc/${pid}/task/${name}/stat`);
    if (!stat?.includes(`(${thread})`)) continue;
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return user! + system!;
  }
  return 0;
}
