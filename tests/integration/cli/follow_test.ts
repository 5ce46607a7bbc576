/** Following through restarts, Ctrl+C in uploads, and what happens when nothing answers; with fake and real NANOs. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";
import { until } from "../life/until.ts";

const APP = `export default { fetch(request) {
  console.log("asked for " + new URL(request.url).pathname);
  return new Response("ok");
} };`;

Deno.test("nano logs --follow and nano events outlive a killed host, on whatever port the next one is, and end by Ctrl+C with 0", async () => {
  await using project = await TempProject.create({ hello: { files: APP } }, {
    default_app: "hello",
  });
  await using nano = await NanoProcess.start(project.configFile, { guardian: true });
  const args = ["--config", project.configFile];
  await using logs = await NanoProcess.spawn(["logs", "hello", "--follow", "--limit", "0", "--grep", "asked", ...args]);
  await using events = await NanoProcess.spawn(["events", ...args]);
  const ask = async (port: number, path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.body?.cancel();
  };
  const host = async () => JSON.parse(await Deno.readTextFile(`${project.dir}/.nano/admin.json`));
  const shows = (process: NanoProcess, text: string) => process.strayLines.some((line) => line.includes(text));
  const first = await host();
  await until(
    async () => {
      await ask(nano.port, "/before");
      return shows(logs, "asked for /before");
    },
    "the first lines",
    60_000,
  );
  await until(
    async () => {
      await run(["restart", "hello", ...args]);
      return shows(events, "app_ready");
    },
    "the first events",
    60_000,
  );

  const known = nano.events.length;
  Deno.kill(first.pid, "SIGKILL");
  const started = await nano.waitForEvent(({ event }) => event === "server_start", 60_000, known);
  assert((await host()).pid !== first.pid);
  const port = Number(new URL(String(started["url"])).port);
  await ask(port, "/between");
  await until(() => shows(logs, "asked for /between"), "lines of the next host, from its beginning");
  await until(
    async () => {
      await run(["restart", "hello", ...args]);
      return events.strayLines.filter((line) => line.includes("app_ready")).length > 1;
    },
    "events of the next host",
    60_000,
  );
  for (const process of [logs, events]) {
    assertMatch(process.stderr, /nano: NANO went away; waiting for it \(Ctrl\+C ends this\)\nnano: NANO is back\n/);
    process.signal("SIGINT");
    assertEquals((await process.status()).code, 0);
  }
  assertEquals(logs.strayLines.filter((line) => line.includes("/between")).length, 1, "no line comes twice");
  assertEquals((await nano.stop()).code, 0);
  assertEquals((await run(["apps", ...args])).code, 1, "a NANO that has ended is not found");
});

Deno.test("a follower ends by itself when nobody reads it any more, as in nano logs --follow | head -1", async () => {
  await using project = await TempProject.create({ hello: { files: APP } }, { default_app: "hello" });
  await using nano = await NanoProcess.start(project.configFile);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "admin/cli/main.ts", "logs", "--follow", "--config", project.configFile],
    cwd: fromFileUrl(REPO),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  assert(((await reader.read()).value?.length ?? 0) > 0);
  await reader.cancel();
  let ended = false;
  const status = child.status.then((status) => {
    ended = true;
    return status;
  });
  await until(
    async () => {
      await (await fetch(nano.url)).body?.cancel();
      return ended;
    },
    "the follower has noticed",
    60_000,
  );
  assertEquals((await status).code, 0);
});

Deno.test("Ctrl+C while a deploy is under way ends it with 1, and NANO keeps what served", async () => {
  await using project = await TempProject.create({ hello: { files: APP } });
  const io = new MemoryIo(project.dir, {}, { columns: 80 });
  const arrived = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  // Reads the upload slowly, as a far one does.
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method === "GET") {
      return new Response(JSON.stringify({ code: "NOT_FOUND", detail: "none", status: 404 }), {
        status: 404,
        headers: { "content-type": "application/problem+json" },
      });
    }
    const reader = request.body!.getReader();
    await reader.read();
    arrived.resolve();
    await over.promise;
    await reader.cancel().catch(() => {}); // the client is gone, as it should be
    return new Response(null, { status: 499 });
  });
  await Deno.writeFile(`${project.dir}/large.zip`, crypto.getRandomValues(new Uint8Array(60_000)));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const deploying = run(["deploy", "large.zip", "--name", "big", "--url", url, "--token", "x"], io);
  await arrived.promise;
  io.interrupt();
  assertEquals(await deploying, { code: 1, out: "", err: "nano: Cancelled; nano versions big tells what is there" });
  over.resolve();
});

Deno.test("errors of NANO are told with message, every detail and code; silence with what was tried", async () => {
  const answers: Record<string, unknown> = {
    "/admin/reload": {
      status: 400,
      code: "CONFIG_INVALID",
      detail: "Cannot reload: 2 mistakes",
      errors: ["apps[0].path: missing", "port: 0.5"],
    },
    "/admin/history": { status: 401, code: "UNAUTHORIZED", detail: "The token is wrong" },
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const answer = answers[new URL(request.url).pathname] as { status: number };
    return new Response(JSON.stringify(answer), {
      status: answer.status,
      headers: { "content-type": "application/problem+json" },
    });
  });
  const to = ["--url", `http://127.0.0.1:${server.addr.port}`, "--token", "x"];
  assertEquals(await run(["reload", ...to]), {
    code: 3,
    out: "",
    err: "nano: Cannot reload: 2 mistakes (CONFIG_INVALID)\n  - apps[0].path: missing\n  - port: 0.5",
  });
  assertEquals(await run(["history", ...to]), { code: 1, out: "", err: "nano: The token is wrong (UNAUTHORIZED)" });
  await server.shutdown();
  for (const command of [["apps"], ["logs", "--follow"], ["events"]]) {
    const { code, err } = await run([...command, ...to]);
    assertEquals(code, 1);
    assertMatch(err, /^nano: Cannot reach the admin API at http:\/\/127\.0\.0\.1:\d+\n/);
    assertMatch(err, /the address comes from --url[\s\S]*nano start starts it/);
  }
});
