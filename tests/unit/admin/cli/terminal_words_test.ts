/** What a person at a terminal is told: at the start, at the end, and by the guardian. */
import { assertEquals, assertMatch } from "@std/assert";
import { drainNotice, noticeText } from "../../../../admin/cli/host/drain_notice.ts";
import { isPretty, prettyLine } from "../../../../admin/guardian/guardian_lines.ts";
import { bannerLines } from "../../../../admin/cli/host/start_banner.ts";
import { snapshot } from "../../observe/app_snapshot.ts";

Deno.test("the start tells each app with its state and its URLs, and the way to the dashboard", () => {
  const apps = [
    snapshot("blog", { state: "running", hostnames: ["blog.test", "*.blog.test"], port: null }),
    snapshot("a", { state: "failed", hostnames: ["a"], port: 9000 }),
  ];
  assertEquals(bannerLines({ url: "http://127.0.0.1:8080", apps, signInUrl: "http://127.0.0.1:9090/sign-in?key=k" }), [
    "NANO serves 2 apps at http://127.0.0.1:8080 (Ctrl+C ends it)",
    "  blog  running  http://blog.test:8080/  *.blog.test",
    "  a     failed   http://a:8080/  port 9000",
    "Dashboard, signed in once within 10 minutes: http://127.0.0.1:9090/sign-in?key=k",
  ]);
  assertEquals(bannerLines({ url: "https://127.0.0.1", apps: [], signInUrl: null }), [
    "NANO serves 0 apps at https://127.0.0.1 (Ctrl+C ends it)",
  ]);
});

Deno.test("Ctrl+C tells what it waits for, how long, and what a second one does; nothing when there is nothing", () => {
  const idle = snapshot("idle", { inFlight: 0, queued: 0 });
  assertEquals(noticeText([idle], 1000), null);
  assertEquals(
    noticeText(
      [idle, snapshot("a", { inFlight: 2, queued: 1 }), snapshot("b", { inFlight: 1, queued: 0 })],
      4_200,
    ),
    "nano: Waiting up to 5 s for 4 requests, streams or WebSockets to end (a 3, b 1); Ctrl+C once more ends them now",
  );
  const told: string[] = [];
  using _notice = drainNotice({
    apps: () => [snapshot("a", { inFlight: 1, queued: 0 })],
    timeoutMs: 30_000,
    write: (line) => told.push(line),
  });
  assertMatch(told[0]!, /up to 30 s for 1 request, stream or WebSocket to end \(a 1\)/);
});

Deno.test("the guardian writes as its host does: as log.format says, else by the terminal", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const file = `${dir}/nano.json`;
    const cases = [['{"log":{"format":"json"}}', false, false], ['{"log":{"format":"pretty"}}', true, true], [
      '{ // as\n "log": { "format": "json", }, }',
      false,
      false,
    ], [
      "{}",
      true,
      false,
    ], ["{ oops", true, false]] as const;
    for (const [text, onTerminal, elsewhere] of cases) {
      await Deno.writeTextFile(file, text);
      assertEquals([isPretty(file, true), isPretty(file, false)], [onTerminal, elsewhere], text);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  const line =
    '{"ts":"2026-01-01T00:00:00.000Z","level":"error","event":"host_died","signal":"SIGKILL","busy_apps":["a"],"restart_in_ms":0}';
  assertMatch(prettyLine(line), /^\d\d:\d\d:\d\d\.000 error host_died signal=SIGKILL busy_apps=a restart_in_ms=0$/);
});
