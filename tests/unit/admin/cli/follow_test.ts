/** Following a NANO that goes away. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AdminClient, AdminError } from "../../../../admin/client/client.ts";
import { CliError } from "../../../../admin/process/cli_error.ts";
import { findCommandDoc } from "../../../../admin/cli/command_index.ts";
import { CommandLine } from "../../../../admin/cli/line/command_line.ts";
import { follow, type Following } from "../../../../admin/cli/online/follow.ts";
import { connectOnline, type Online } from "../../../../admin/cli/online/online_command.ts";
import { MemoryIo } from "./memory_io.ts";

type Health = "ready" | "draining";

/** A NANO that tells how it is, and a command line that leads to it. */
async function scene(health: () => Health, io = new MemoryIo()) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ status: health(), apps: [], failed: [] }, { status: health() === "ready" ? 200 : 503 }),
  );
  const args = ["--url", `http://127.0.0.1:${server.addr.port}`, "--token", "x"];
  const online = await connectOnline(await CommandLine.read((await findCommandDoc("events"))!, args), io);
  return { server, online, io };
}

Deno.test("follow() waits while NANO drains, and follows again with the word that it did before", async () => {
  let looks = 0;
  // The second and third look after the first stream find it draining.
  const { server, online, io } = await scene(() => ++looks > 2 && looks < 6 ? "draining" : "ready");
  const seen: boolean[] = [];
  const code = await follow(online, ({ client }: Online, { again }: Following) => {
    assert(client instanceof AdminClient);
    seen.push(again);
    if (again) io.interrupt();
    return Promise.resolve();
  });
  assertEquals([code, seen], [0, [false, true]]);
  assertEquals(io.stderr, ["nano: NANO went away; waiting for it (Ctrl+C ends this)", "nano: NANO is back"]);
  assert(!io.interruptible);
  await server.shutdown();
});

Deno.test("follow() gives up when NANO stays away", async () => {
  const { server, online } = await scene(() => "ready");
  const gone = follow(online, () => server.shutdown(), { patienceMs: 300 });
  const error = await assertRejects(() => gone, CliError);
  assertMatch(error.message, /^NANO did not come back within/);
});

Deno.test("follow() tells at once what waiting would not mend", async () => {
  const { server, online, io } = await scene(() => "ready");
  const missing = new AdminError("NOT_FOUND", 'Cannot find app "x"');
  assertEquals(await assertRejects(() => follow(online, () => Promise.reject(missing)), AdminError), missing);
  await server.shutdown();
  const error = await assertRejects(() => follow(online, () => Promise.resolve()), AdminError);
  assertEquals([error.code, io.stderr], ["UNREACHABLE", []]);
});
