/** Holds that a host without free descriptors lives on, serves again, and stays within its operator's reach. */
import { assert, assertEquals } from "@std/assert";
import { HOST_FLAGS } from "../../../admin/guardian/guard.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { TempProject } from "../../support/temp_project.ts";

const LIMIT = 256;
/** Bounds a hang only. */
const DEADLINE_MS = 120_000;

const APP = `export default {
  fetch(request) {
    if (request.headers.get("upgrade") !== "websocket") return new Response("hello");
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = (event) => socket.send(event.data);
    return response;
  },
};`;

/** The command line in a process that may open few files. */
function program(): [string, ...string[]] {
  const entry = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  return ["/bin/sh", "-c", `ulimit -n ${LIMIT}; exec "$@"`, "sh", Deno.execPath(), "run", ...HOST_FLAGS, entry];
}

async function start(): Promise<{ nano: NanoProcess; project: TempProject } & AsyncDisposable> {
  const project = await TempProject.create({
    one: { files: APP, config: { hostname: "one.test" } },
    two: { files: APP, config: { hostname: "two.test" } },
  }, { admin: { port: 0, token: "t".repeat(32) } });
  const nano = await NanoProcess.start(project.configFile, { program: program() });
  return {
    nano,
    project,
    async [Symbol.asyncDispose]() {
      await nano[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** Tries until it goes well. */
async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + DEADLINE_MS;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function hello(nano: NanoProcess, host: string): Promise<void> {
  const response = await nano.fetch(host);
  assertEquals([response.status, await response.text()], [200, "hello"]);
}

/** A WebSocket's handshake. @returns its status and the code of a refusal */
async function upgrade(connection: RawConnection, host: string): Promise<[number, string | null]> {
  await connection.request("GET", "/", [
    ["Host", host],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ]);
  const head = await connection.readHead();
  return [head.status, head.get("nano-error")];
}

Deno.test("A crowd of idle connections costs the host no life, and clients get in again while it stays", async () => {
  await using scene = await start();
  const { nano } = scene;
  const crowd: Deno.Conn[] = [];
  try {
    for (let count = 0; count < LIMIT * 1.5; count++) {
      try {
        crowd.push(await Deno.connect({ hostname: "127.0.0.1", port: nano.port }));
      } catch (error) {
        // Nobody listens for a moment, or what waited to be accepted is let go with the crowd.
        const { ConnectionRefused, ConnectionReset } = Deno.errors;
        if (!(error instanceof ConnectionRefused || error instanceof ConnectionReset)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await nano.waitForEvent(({ text }) => /^Cannot accept connections/.test(String(text)));
    await eventually(() => hello(nano, "one.test"));
    const live = await eventually(() => fetch(new URL("/livez", nano.adminUrl!)));
    assertEquals([live.status, (await live.json()).status], [200, "alive"]);
    await eventually(() => hello(nano, "two.test"));
  } finally {
    for (const connection of crowd) connection.close();
  }
  await eventually(() => hello(nano, "one.test"));
  assertEquals((await nano.stop()).code, 0);
});

Deno.test("One app's WebSockets leave descriptors for the rest: more are refused with a code", async () => {
  await using scene = await start();
  const { nano } = scene;
  const open: RawConnection[] = [];
  const answers: [number, string | null][] = [];
  try {
    for (let count = 0; count < LIMIT / 2; count++) {
      const connection = await RawConnection.open(nano.url);
      open.push(connection);
      answers.push(await upgrade(connection, "one.test"));
      if (answers.at(-1)![0] !== 101) break;
    }
    assert(answers.length > LIMIT / 16, `Only ${answers.length} were taken`);
    assertEquals(answers.at(-1), [503, "APP_OVERLOADED"]);
    await hello(nano, "two.test");
    await hello(nano, "one.test");
    open[0]!.close();
    await eventually(async () => {
      using again = await RawConnection.open(nano.url);
      assertEquals(await upgrade(again, "one.test"), [101, null]);
    });
    const headers = { authorization: `Bearer ${"t".repeat(32)}` };
    const metrics = await (await fetch(new URL("/metrics", nano.adminUrl!), { headers })).text();
    assert(metrics.includes(`nano_descriptor_limit ${LIMIT}\n`), metrics);
    assert(/nano_open_descriptors [1-9]/.test(metrics), metrics);
  } finally {
    for (const connection of open) connection.close();
  }
  assertEquals((await nano.stop()).code, 0);
});

/** A listener that lets connections go when it cannot accept any more, and is cut once it accepts again. */
const CUT = `
import { LastingServer } from "${new URL("runtime/http/lasting_server.ts", REPO)}";
import { systemClock } from "${new URL("runtime/clock.ts", REPO)}";
const { promise: full, resolve: warn } = Promise.withResolvers();
const descriptors = { isScarce: true, limit: 64, freeReserve() {}, keepReserve() {} };
const options = { hostname: "127.0.0.1", port: 0, tls: null, clock: systemClock, warn, descriptors };
const server = new LastingServer(options, () => new Response("hello"));
const crowd = [];
const fill = async () => {
  for (;;) crowd.push(await Deno.connect(server.addr));
};
await Promise.race([full, fill().catch(() => full)]);
for (const connection of crowd) connection.close();
while (await fetch("http://127.0.0.1:" + server.addr.port).then((response) => response.text()).catch(() => "") !== "hello");
await server.cut();
console.log("cut");
Deno.exit(0);
`;

Deno.test("A listener that has let connections go is cut without a word", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, CUT);
  const args = ["-c", `ulimit -n 64; exec "$@"`, "sh", Deno.execPath(), "run", "-A", "--no-check", "--config"];
  const command = new Deno.Command("/bin/sh", {
    args: [...args, fromFileUrl(new URL("deno.json", REPO)), file],
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const { code, stdout, stderr } = await command.output();
  await Deno.remove(file);
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "cut\n"], new TextDecoder().decode(stderr));
});
