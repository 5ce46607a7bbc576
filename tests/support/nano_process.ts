/** Runs the real command line as a process of its own, for integration tests. */
import { killMarked, MARK_NAME } from "./process_mark.ts";
import { fromFileUrl, REPO } from "./repo.ts";
import { RUN_MARK } from "./run_mark.ts";
import { warmBundles } from "./warm_bundles.ts";

/** For what was killed to be gone. */
const KILL_MS = 120_000;

/** One record of the log: a JSON line on stdout. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly event: string };

/** How {@linkcode NanoProcess.start} starts. */
export interface StartOptions {
  /** Starts `nano start` under its guardian; off by default. */
  readonly guardian?: boolean;
  /** More arguments for the command. */
  readonly args?: readonly string[];
  /** More environment for the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: not until every app has come up or has failed, which on a busy machine is later than `server_start`. */
  readonly untilApps?: boolean;
  /** How long `server_start` may take, 120 s by default: it bounds a hang only. */
  readonly timeoutMs?: number;
  /** Another main module than admin/cli/main.ts, for the tests of this class. */
  readonly entry?: URL;
  /** Another way to run the command line: a program and what it is given before the command. */
  readonly program?: readonly [string, ...string[]];
  /** Where it runs: the repo, unless told. */
  readonly cwd?: string;
}

interface Waiter {
  readonly predicate: (record: LogRecord) => boolean;
  readonly resolve: (record: LogRecord) => void;
  readonly reject: (error: Error) => void;
}

/** A running NANO; disposing it ends the process and everything it started. */
export class NanoProcess implements AsyncDisposable {
  /** Every log record so far, oldest first. */
  readonly events: LogRecord[] = [];
  /** Every line of stdout that is no JSON record. */
  readonly strayLines: string[] = [];
  #child: Deno.ChildProcess;
  #mark: string;
  #waiters = new Set<Waiter>();
  #stderr = "";
  #piped: Promise<unknown>;
  #ended = false;
  #status: Deno.CommandStatus | null = null;
  #start: LogRecord | null = null;
  // Without allowHost, fetch replaces the Host header by that of the URL
  #client = Deno.createHttpClient({ allowHost: true });

  private constructor(child: Deno.ChildProcess, mark: string) {
    this.#child = child;
    this.#mark = mark;
    this.#piped = Promise.all([
      readLines(child.stdout, (line) => this.#onLine(line)),
      readLines(child.stderr, (line) => this.#stderr += `${line}\n`),
      child.status.then((status) => this.#status = status),
    ]).then(() => {
      this.#ended = true;
      for (const waiter of this.#waiters) waiter.reject(new Error(`NANO ended before the event came\n${this.#tail()}`));
    });
  }

  /**
   * Starts `nano start --config FILE` and waits until it serves and every app has come up or has failed.
   * @throws Error when it ends, or logs no `server_start` in time; the process is ended then
   */
  static async start(configFile: string, options: StartOptions = {}): Promise<NanoProcess> {
    const args = ["start", "--config", configFile, ...options.guardian ? [] : ["--no-guardian"], ...options.args ?? []];
    await warmBundles(configFile);
    const nano = await NanoProcess.spawn(args, options);
    try {
      nano.#start = await nano.waitForEvent(({ event }) => event === "server_start", options.timeoutMs);
      if (options.untilApps !== false) {
        await nano.waitForEvent(({ event }) => event === "apps_started", options.timeoutMs);
      }
      return nano;
    } catch (error) {
      await nano[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts any command of the command line and waits for nothing. */
  static async spawn(
    args: readonly string[],
    options: Pick<StartOptions, "env" | "entry" | "program" | "cwd"> = {},
  ): Promise<NanoProcess> {
    const mark = crypto.randomUUID();
    const entry = fromFileUrl(options.entry ?? new URL("admin/cli/main.ts", REPO));
    const [program, ...before] = options.program ?? [Deno.execPath(), ...await runFlags(), entry];
    const command = new Deno.Command(program, {
      args: [...before, ...args],
      cwd: options.cwd ?? fromFileUrl(REPO),
      env: { NO_COLOR: "1", [MARK_NAME]: mark, ...RUN_MARK, ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    return new NanoProcess(command.spawn(), mark);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** URL of the public listener, `http://127.0.0.1:PORT`. */
  get url(): string {
    return String(this.#started()["url"]);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** URL of the admin listener, or null when it is off. */
  get adminUrl(): string | null {
    const admin = this.#started()["admin"];
    return admin === null ? null : String(admin);
  }

  /** How it ended: by itself, or by which signal; null while it runs. */
  get end(): string | null {
    if (this.#status === null) return null;
    const { code, signal } = this.#status;
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  }

  /** What it wrote to stderr so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /**
   * Settles when the process has ended and its output is read.
   * @throws Error when it does not end in time: 120 s by default, which bounds a hang only
   */
  async status(timeoutMs = 120_000): Promise<Deno.CommandStatus> {
    if (!await this.#endsWithin(timeoutMs)) throw new Error(`NANO did not end within ${timeoutMs} ms\n${this.#tail()}`);
    return await this.#child.status;
  }

  /**
   * The first record that fits, of those that came already and those that will.
   * @param timeoutMs bounds a hang only: 120 s by default
   * @param from index in `events` to look from, so that an earlier record of the same kind does not count
   * @throws Error when none comes in time, or the process ends before; it shows the last of the log
   */
  async waitForEvent(
    predicate: (record: LogRecord) => boolean,
    timeoutMs = 120_000,
    from = 0,
  ): Promise<LogRecord> {
    const known = this.events.slice(from).find(predicate);
    if (known) return known;
    if (this.#ended) throw new Error(`NANO has ended\n${this.#tail()}`);
    const { promise, resolve, reject } = Promise.withResolvers<LogRecord>();
    const waiter = { predicate, resolve, reject };
    const timer = setTimeout(() => reject(new Error(`No such event in ${timeoutMs} ms\n${this.#tail()}`)), timeoutMs);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Sends a signal to the process that was started: the guardian, when there is one. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** A request to the public listener under a host name. */
  fetch(host: string, path = "/", init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("host", host);
    return fetch(new URL(path, this.url), { ...init, headers, client: this.#client });
  }

  /**
   * Asks it to drain (SIGTERM) and waits for the end.
   * @param timeoutMs after which it is killed and the call throws, 120 s by default
   */
  async stop(timeoutMs = 120_000): Promise<Deno.CommandStatus> {
    if (!this.#ended) this.signal("SIGTERM");
    if (await this.#endsWithin(timeoutMs)) return await this.status();
    await this.#killAll();
    throw new Error(`NANO did not end within ${timeoutMs} ms of SIGTERM\n${this.#tail()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#killAll();
    this.#client.close();
  }

  /**
   * Kills until all has ended and nobody holds the pipes any more; a process may start another one meanwhile, and on a
   * busy machine threads that have stepped back are late to get the core on which they end.
   */
  async #killAll(): Promise<void> {
    const deadline = performance.now() + KILL_MS;
    for (let waitMs = 100; !this.#ended; waitMs = Math.min(2 * waitMs, 2_000)) {
      if (performance.now() > deadline) throw new Error(`Cannot end process ${this.pid} and its children`);
      killMarked(this.#mark);
      await this.#endsWithin(waitMs);
    }
  }

  /** Waits for the end, but not longer; says whether it came. */
  async #endsWithin(timeoutMs: number): Promise<boolean> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    try {
      await Promise.race([this.#piped, late.promise]);
      return this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #started(): LogRecord {
    if (!this.#start) throw new Error("NANO was not started with NanoProcess.start()");
    return this.#start;
  }

  #onLine(line: string): void {
    const record = parseRecord(line);
    if (!record) {
      this.strayLines.push(line);
      return;
    }
    this.events.push(record);
    for (const waiter of this.#waiters) if (waiter.predicate(record)) waiter.resolve(record);
  }

  #tail(): string {
    const records = this.events.slice(-15).map((record) => JSON.stringify(record)).join("\n");
    return `log:\n${records}\nother output:\n${this.strayLines.slice(-15).join("\n")}\nstderr:\n${
      this.#stderr.slice(-4000)
    }`;
  }
}

/** The flags of `deno task nano`, so that tests run what users run. */
export async function runFlags(): Promise<string[]> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));
  const [deno, ...flags] = String(config.tasks.nano.command).split(" ");
  if (deno !== "deno" || flags.pop() !== "admin/cli/main.ts") throw new Error('Cannot read the flags of task "nano"');
  return flags;
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (rest) onLine(rest);
}

function parseRecord(line: string): LogRecord | null {
  try {
    const record = JSON.parse(line);
    return typeof record?.event === "string" ? record : null;
  } catch {
    return null; // any other output is kept as a stray line
  }
}
