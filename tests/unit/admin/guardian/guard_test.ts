/** The guardian with real processes, real signals and a real death. */
import { assert, assertEquals } from "@std/assert";

type Record_ = Readonly<Record<string, unknown>>;

/** The pretended guardian, and the lines that it and its hosts write. */
class GuardianProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";
  readonly #hosts: number[] = [];

  constructor(behaviour: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--no-check", new URL("pretend_guardian.ts", import.meta.url).href, behaviour],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** The next record, or null at the end of all processes that hold stdout. */
  async next(): Promise<Record_ | null> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) return null;
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const record = JSON.parse(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end + 1);
    if (record.event === "serving") this.#hosts.push(record.pid);
    return record;
  }

  /** The next record, which has to be this event. */
  async expect(event: string): Promise<Record_> {
    const record = await this.next();
    assertEquals(record?.["event"], event, JSON.stringify(record));
    return record!;
  }

  /** Kills whatever a failed test left, by pid. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of [this.pid, ...this.#hosts]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    await this.#lines.cancel();
    await this.#child.status;
  }
}

Deno.test("a host that is killed serves again at once, and the log tells which apps were busy", async () => {
  await using guardian = new GuardianProcess("normal");
  const first = await guardian.expect("serving");
  Deno.kill(Number(first["pid"]), "SIGKILL");
  const died = await guardian.expect("host_died");
  assertEquals([died["signal"], died["busy_apps"], died["restart_in_ms"]], ["SIGKILL", ["blog", "shop"], 0]);
  const second = await guardian.expect("serving");
  assert(second["pid"] !== first["pid"]);
  Deno.kill(guardian.pid, "SIGTERM");
  await guardian.expect("stop");
  assertEquals((await guardian.status).code, 0);
});

Deno.test("a host whose configuration is refused is not started again", async () => {
  await using guardian = new GuardianProcess("refused");
  await guardian.expect("refused");
  assertEquals(await guardian.next(), null);
  assertEquals((await guardian.status).code, 3);
});

Deno.test("signals to the guardian reach the host once each, and a second stop ends it at once", async () => {
  await using guardian = new GuardianProcess("slow");
  await guardian.expect("serving");
  Deno.kill(guardian.pid, "SIGHUP");
  await guardian.expect("reload");
  Deno.kill(guardian.pid, "SIGTERM");
  assertEquals((await guardian.expect("stop"))["count"], 1);
  Deno.kill(guardian.pid, "SIGINT");
  const second = await guardian.expect("stop");
  assertEquals([second["count"], second["signal"]], [2, "SIGINT"]);
  assertEquals(await guardian.next(), null);
  assertEquals((await guardian.status).code, 1);
});

Deno.test("a host ends with its guardian, even when the guardian is killed", async () => {
  await using guardian = new GuardianProcess("normal");
  const { pid } = await guardian.expect("serving");
  Deno.kill(guardian.pid, "SIGKILL");
  const gone = await guardian.expect("guardian_gone");
  assertEquals(gone["pid"], pid);
  assertEquals(await guardian.next(), null, "nobody holds stdout any more");
});

Deno.test("a host stands in a session of its own, so Ctrl+C in a terminal reaches it through the guardian only", async () => {
  await using guardian = new GuardianProcess("normal");
  const { pid } = await guardian.expect("serving");
  const sessionOf = (one: unknown) => Deno.readTextFileSync(`/proc/${one}/stat`).split(") ").at(-1)!.split(" ")[3];
  assertEquals(sessionOf(pid), String(pid));
  assert(sessionOf(guardian.pid) !== String(pid));
  Deno.kill(guardian.pid, "SIGTERM");
  await guardian.expect("stop");
  await guardian.status;
});
