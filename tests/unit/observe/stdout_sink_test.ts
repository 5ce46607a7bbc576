/** The writer to stdout: short writes, a slow reader, a reader that is gone. */
import { assert, assertEquals } from "@std/assert";
import { StdoutSink } from "../../../runtime/observe/stdout_sink.ts";

class FakeStdout {
  text = "";
  readonly reports: string[] = [];
  readonly timers: (() => void)[] = [];
  /** What the next writes do: take that many bytes, or throw. Empty: take all. */
  readonly plan: (number | Error)[] = [];
  calls = 0;
  blockedMs = 0;
  /** Runs when the sink blocks at its end. */
  onBlock = () => {};
  readonly sink = new StdoutSink({
    writeSync: (bytes) => {
      this.calls++;
      const next = this.plan.shift() ?? bytes.length;
      if (next instanceof Error) throw next;
      const taken = Math.min(next, bytes.length);
      this.text += new TextDecoder().decode(bytes.subarray(0, taken));
      return taken;
    },
    report: (text) => this.reports.push(text),
    schedule: (callback) => {
      this.timers.push(callback);
      return () => {
        const index = this.timers.indexOf(callback);
        if (index >= 0) this.timers.splice(index, 1);
      };
    },
    block: (ms) => {
      this.blockedMs += ms;
      this.onBlock();
    },
  });
}

Deno.test("StdoutSink.write() repeats short and interrupted writes until all is out", () => {
  const stdout = new FakeStdout();
  stdout.plan.push(2, new Deno.errors.Interrupted("EINTR"), 3);
  stdout.sink.write("one line\n");
  assertEquals(stdout.text, "one line\n");
  assertEquals(stdout.calls, 4);
});

Deno.test("StdoutSink.write() keeps the rest for a full non-blocking stdout and writes it later, in order", () => {
  const stdout = new FakeStdout();
  stdout.plan.push(3, new Deno.errors.WouldBlock("EAGAIN"), new Deno.errors.WouldBlock("EAGAIN"));
  stdout.sink.write("first\n");
  stdout.sink.write("second\n");
  assertEquals(stdout.text, "first\nsecond\n");
  assertEquals(stdout.timers.length, 0, "nothing waits any more");
});

Deno.test("StdoutSink retries by itself when no further line comes", () => {
  const stdout = new FakeStdout();
  stdout.plan.push(3, new Deno.errors.WouldBlock("EAGAIN"));
  stdout.sink.write("first\n");
  assertEquals(stdout.text, "fir");
  stdout.timers.shift()!();
  assertEquals(stdout.text, "first\n");
  assertEquals(stdout.timers.length, 0);
});

Deno.test("StdoutSink drops whole lines above 1 MiB of waiting text and tells how many", () => {
  const stdout = new FakeStdout();
  const stuck = (times: number) => stdout.plan.push(...Array(times).fill(new Deno.errors.WouldBlock("EAGAIN")));
  stuck(3);
  stdout.sink.write("x".repeat(1_000_000) + "\n");
  stdout.sink.write("y".repeat(40_000) + "\n");
  stuck(1);
  stdout.sink.write("dropped 1\ndropped 2\n" + "z".repeat(20_000) + "\n");
  assertEquals(stdout.reports, []);
  stdout.sink.write("after\n");
  assertEquals(stdout.text, "x".repeat(1_000_000) + "\n" + "y".repeat(40_000) + "\nafter\n");
  assertEquals(stdout.reports, ["Dropped 3 log lines: the reader of stdout is too slow"]);
});

Deno.test("StdoutSink tells once that its reader is gone, and stops calling a dead pipe", () => {
  const stdout = new FakeStdout();
  stdout.plan.push(new Deno.errors.BrokenPipe("Broken pipe"));
  stdout.sink.write("one\n");
  stdout.sink.write("two\n");
  assertEquals(stdout.calls, 1);
  assertEquals(stdout.reports, ["Cannot write the log to stdout: Broken pipe; no more log lines from here on"]);
});

Deno.test("StdoutSink goes on after a failure that passes, and never glues two lines together", () => {
  const stdout = new FakeStdout();
  stdout.plan.push(4, new Error("No space left on device"), new Error("No space left on device"));
  stdout.sink.write("half a line\n");
  stdout.sink.write("lost\n");
  stdout.sink.write("whole\n");
  assertEquals(stdout.text, "half\nwhole\n");
  assertEquals(stdout.reports.length, 1);
});

Deno.test("StdoutSink waits at its end for a slow reader, but not for ever", () => {
  const slow = new FakeStdout();
  slow.plan.push(...Array(3).fill(new Deno.errors.WouldBlock("EAGAIN")));
  slow.sink.write("kept\n");
  slow.sink[Symbol.dispose]();
  assertEquals(slow.text, "kept\n");
  assert(slow.blockedMs > 0);

  const stuck = new FakeStdout();
  stuck.onBlock = () => stuck.plan.push(new Deno.errors.WouldBlock("EAGAIN"));
  stuck.plan.push(new Deno.errors.WouldBlock("EAGAIN"), new Deno.errors.WouldBlock("EAGAIN"));
  stuck.sink.write("lost\n");
  stuck.sink[Symbol.dispose]();
  assertEquals(stuck.blockedMs, 1000);
  assertEquals(stuck.timers.length, 0);
});

Deno.test("a host whose log reader went away lives on", async () => {
  const script = `
    import { Log } from ${JSON.stringify(import.meta.resolve("../../../runtime/observe/log.ts"))};
    const log = new Log({ level: "info", format: "json", color: false });
    await Deno.stdin.read(new Uint8Array(1));
    for (let count = 0; count < 100; count++) log.listen({ event: "warning", text: "x".repeat(10000) });
    console.error("alive");
    Deno.exit(5);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--ext=ts", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.close();
  const stderr = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 5);
  assert(stderr.includes("Cannot write the log to stdout"), stderr);
  assert(stderr.includes("alive"), stderr);
});
