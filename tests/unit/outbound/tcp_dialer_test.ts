/** Tests that an app's TCP connections go where its policy says, to the address that was looked at, and nowhere else. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isPublicAddress } from "../../../runtime/outbound/address_policy.ts";
import { boundedResolve } from "../../../runtime/outbound/bounded_resolve.ts";
import { Outbound, type OutboundPolicy, type Resolve } from "../../../runtime/outbound/outbound.ts";
import { ConnectionError } from "../../../runtime/outbound/tcp_connection.ts";
import { TcpDialer, type TcpObserver } from "../../../runtime/outbound/tcp_dialer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Names and their addresses, one list a question; the last one stays. */
function resolverOf(names: Record<string, string[][]>): Resolve {
  return (hostname, done) => {
    const lists = names[hostname] ?? [[]];
    const found = lists.length > 1 ? lists.shift()! : lists[0]!;
    done(null, found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
  };
}

interface Setting {
  readonly names?: Record<string, string[][]>;
  readonly isPublic?: (address: string) => boolean;
  readonly take?: () => (() => void) | string;
  readonly max?: number;
  readonly maxDials?: number;
  readonly observer?: TcpObserver;
}

function dialerOf(
  policy: OutboundPolicy,
  { names = {}, isPublic = isPublicAddress, take, max, maxDials, observer }: Setting = {},
): TcpDialer {
  const outbound = new Outbound(policy, { tools: { resolve: resolverOf(names), isPublic } });
  return new TcpDialer(outbound, {
    takeDescriptor: take ?? (() => () => {}),
    ...(max === undefined ? {} : { maxConnections: max }),
    ...(maxDials === undefined ? {} : { maxDials }),
    ...(observer === undefined ? {} : { observer }),
  });
}

/** Answers in upper case, and ends when its client does. */
function echo(hostname = "127.0.0.1"): Deno.Listener & { readonly port: number } {
  const listener = Deno.listen({ hostname, port: 0 });
  (async () => {
    for await (const connection of listener) {
      const upper = new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, controller) => controller.enqueue(encoder.encode(decoder.decode(bytes).toUpperCase())),
      });
      connection.readable.pipeThrough(upper).pipeTo(connection.writable).catch(() => {});
    }
  })();
  return Object.assign(listener, { port: (listener.addr as Deno.NetAddr).port });
}

async function codeOf(dialer: TcpDialer, hostname: string, port: number): Promise<string> {
  const error = await assertRejects(
    () => dialer.dial({ hostname, port, options: {} }, AbortSignal.timeout(120_000)),
    ConnectionError,
  );
  return error.code;
}

Deno.test("Bytes go both ways, and each side ends for itself", async () => {
  using server = echo();
  using dialer = dialerOf(["127.0.0.1"]);
  const given = AbortSignal.timeout(120_000);
  const connection = await dialer.dial({ hostname: "127.0.0.1", port: server.port, options: {} }, given);
  await connection.write(encoder.encode("hello"));
  assertEquals(decoder.decode((await connection.read()).value), "HELLO");
  connection.end();
  assertEquals((await connection.read()).done, true);
  assertEquals([await connection.closed, dialer.size], [null, 0]);
});

Deno.test("What comes before anybody reads is all there, in its order, and the end behind it", async () => {
  // Many times what is read ahead, so that it is paused and goes on.
  const sent = new Uint8Array(4 * 1024 * 1024).map((_, at) => at * 31 % 251);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using dialer = dialerOf(["127.0.0.1"]);
  const { port } = listener.addr as Deno.NetAddr;
  const served = listener.accept().then((connection) => new Response(sent).body!.pipeTo(connection.writable));
  const connection = await dialer.dial({ hostname: "127.0.0.1", port, options: {} }, AbortSignal.timeout(120_000));
  const got: Uint8Array<ArrayBuffer>[] = [];
  for (let part = await connection.read(); !part.done; part = await connection.read()) {
    got.push(part.value as Uint8Array<ArrayBuffer>);
    // Others have their turns before it asks again.
    await new Promise((resolve) => setImmediate(resolve));
  }
  assertEquals(await new Blob(got).bytes(), sent);
  connection.end();
  await served;
});

Deno.test("The public policy refuses every spelling of an address inside, before anything is connected to", async () => {
  using dialer = dialerOf("public");
  const inside = ["127.0.0.1", "0.0.0.0", "::1", "[::1]", "::", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "0x7f.1"];
  const more = [
    "2130706433",
    "017700000001",
    "169.254.169.254",
    "fd00:ec2::254",
    "10.0.0.1",
    "fe80::1",
    "64:ff9b::7f00:1",
  ];
  for (const hostname of [...inside, ...more]) assertEquals(await codeOf(dialer, hostname, 5432), "EPERM", hostname);
});

Deno.test("A name is as good as its addresses: those inside are never connected to", async () => {
  using server = echo("127.0.0.2");
  const isPublic = (address: string) => address === "127.0.0.2";
  const names = {
    "inside.test": [["127.0.0.1"]],
    "metadata.test": [["169.254.169.254"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "mixed.test": [["127.0.0.1", "127.0.0.2"]],
  };
  using dialer = dialerOf("public", { names, isPublic });
  for (const name of ["inside.test", "metadata.test", "mapped.test"]) {
    assertEquals(await codeOf(dialer, name, server.port), "EPERM", name);
  }
  const given = AbortSignal.timeout(120_000);
  const mixed = await dialer.dial({ hostname: "mixed.test", port: server.port, options: {} }, given);
  assertEquals(mixed.facts.remoteAddress, "127.0.0.2");
});

Deno.test("A name that changes after it was looked at gains nothing: the first address is connected to", async () => {
  using outside = echo("127.0.0.2");
  const names = { "rebinding.test": [["127.0.0.2"], ["127.0.0.1"]] };
  using dialer = dialerOf("public", { names, isPublic: (address) => address === "127.0.0.2" });
  const target = { hostname: "rebinding.test", port: outside.port, options: {} };
  const first = await dialer.dial(target, AbortSignal.timeout(120_000));
  assertEquals(first.facts.remoteAddress, "127.0.0.2");
  assertEquals(await codeOf(dialer, "rebinding.test", outside.port), "EPERM");
});

Deno.test("A list means its hosts with their ports; port 25 is for lists that name it", async () => {
  using server = echo();
  using dialer = dialerOf([`127.0.0.1:${server.port}`, "mail.test", "relay.test:25"], { names: {} });
  const given = AbortSignal.timeout(120_000);
  const connection = await dialer.dial({ hostname: "127.0.0.1", port: server.port, options: {} }, given);
  assertEquals(connection.facts.remotePort, server.port);
  assertEquals(await codeOf(dialer, "127.0.0.1", server.port - 1), "EPERM");
  assertEquals(await codeOf(dialer, "other.test", 5432), "EPERM");
  assertEquals(await codeOf(dialer, "mail.test", 25), "EPERM");
  assertEquals(await codeOf(dialer, "mail.test", 587), "ENOTFOUND", "it may be reached, and has no address");
  assertEquals(await codeOf(dialer, "relay.test", 25), "ENOTFOUND");
  for (const policy of ["any", "public"] as const) {
    using other = dialerOf(policy);
    const error = await assertRejects(() => other.dial({ hostname: "8.8.8.8", port: 25, options: {} }, given));
    assertStringIncludes((error as Error).message, "port 25");
  }
});

Deno.test("What cannot be connected to fails with the code that Node has for it", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  using dialer = dialerOf("any", { names: { "nowhere.test": [[]] } });
  assertEquals(await codeOf(dialer, "127.0.0.1", port), "ECONNREFUSED");
  assertEquals(await codeOf(dialer, "nowhere.test", 1), "ENOTFOUND");
  for (const hostname of ["", "a b", "user@127.0.0.1", "127.0.0.1/x", "127.0.0.1:1", "[::1", "a".repeat(300)]) {
    assertEquals(await codeOf(dialer, hostname, 1), "ENOTFOUND", hostname);
  }
  assertEquals(await codeOf(dialer, "127.0.0.1", 0), "ERR_SOCKET_BAD_PORT");
  assertEquals(await codeOf(dialer, "127.0.0.1", 70_000), "ERR_SOCKET_BAD_PORT");
});

Deno.test("A connection takes a descriptor and gives it back once, however it ends; without one there is none", async () => {
  using server = echo();
  let open = 0;
  const take = () => {
    if (open === 2) return "the app has 2 open already";
    open++;
    return () => void open--;
  };
  using dialer = dialerOf("any", { take });
  const dial = (port: number) =>
    dialer.dial({ hostname: "127.0.0.1", port, options: {} }, AbortSignal.timeout(120_000));
  const [one, other] = [await dial(server.port), await dial(server.port)];
  assertEquals(await codeOf(dialer, "127.0.0.1", server.port), "EMFILE");
  one.destroy();
  await one.closed;
  await assertRejects(() => dial(1), ConnectionError);
  assertEquals(open, 1);
  dialer[Symbol.dispose]();
  await other.closed;
  assertEquals(open, 0);
});

Deno.test("A server that says nothing to a handshake, or no TLS, ends the connection with an error", async () => {
  using server = echo();
  using dialer = dialerOf("any");
  const target = { hostname: "127.0.0.1", port: server.port, options: { tls: {} } };
  const error = await assertRejects(() => dialer.dial(target, AbortSignal.timeout(120_000)), ConnectionError);
  assertEquals(/^E/.test(error.code), true, error.code);
  assertEquals(dialer.size, 0);
});

Deno.test("An app has so many connections at once, those being opened included, and a place that is given back is free", async () => {
  using server = echo();
  using dialer = dialerOf("any", { max: 2 });
  const dial = () =>
    dialer.dial({ hostname: "127.0.0.1", port: server.port, options: {} }, AbortSignal.timeout(120_000));
  const three = await Promise.allSettled([dial(), dial(), dial()]);
  const refused = three.filter((one) => one.status === "rejected").map(({ reason }) => [reason.code, reason.message]);
  assertEquals(refused, [["EMFILE", 'Cannot connect to "127.0.0.1": 2 connections of this app are open already']]);
  const first = (three[0] as PromiseFulfilledResult<Awaited<ReturnType<typeof dial>>>).value;
  first.destroy();
  await first.closed;
  await dial();
  assertEquals([await codeOf(dialer, "127.0.0.1", server.port), dialer.size], ["EMFILE", 2]);
});

Deno.test("An app opens a few connections at once, others wait within their time, and no other app waits for them", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  using dialer = dialerOf("any", { maxDials: 2 });
  using neighbour = dialerOf("any", { maxDials: 2 });
  const handshake = (signal: AbortSignal, timeoutMs = 10_000) => {
    const target = { hostname: "127.0.0.1", port, options: { tls: {}, timeoutMs } };
    return dialer.dial(target, signal).catch(({ code }) => code);
  };
  const gone = new AbortController();
  const first = [handshake(gone.signal), handshake(gone.signal)];
  const peers = [await silent.accept(), await silent.accept()];
  const late = handshake(AbortSignal.timeout(120_000), 1);
  const given = new AbortController();
  const waiting = handshake(given.signal);
  const next = handshake(AbortSignal.timeout(120_000));
  // Whoever listens hears of connections in the order in which they were opened.
  const other = await neighbour.dial({ hostname: "127.0.0.1", port, options: {} }, AbortSignal.timeout(120_000));
  peers.push(await silent.accept());
  assertEquals((peers[2]!.remoteAddr as Deno.NetAddr).port, other.facts.localPort);
  given.abort();
  assertEquals([await late, await waiting], ["ETIMEDOUT", "ABORTED"]);
  gone.abort();
  assertEquals((await Promise.all(first)).length, 2);
  peers.push(await silent.accept());
  dialer[Symbol.dispose]();
  assertEquals(typeof await next, "string");
  other.destroy();
  for (const peer of peers) peer.close();
  silent.close();
});

Deno.test("A handshake that nobody answers ends at once when its app is gone", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  using dialer = dialerOf("any");
  const gone = new AbortController();
  const dialled = dialer.dial({ hostname: "127.0.0.1", port, options: { tls: {} } }, gone.signal).catch((error) =>
    error
  );
  using peer = await silent.accept();
  // The first bytes of the handshake.
  await peer.read(new Uint8Array(65_536));
  gone.abort();
  assertEquals((await dialled) instanceof ConnectionError, true);
  assertEquals([await peer.read(new Uint8Array(1)), dialer.size], [null, 0]);
  silent.close();
});

Deno.test("Few names are resolved at once, the same one once, and too many that wait fail", () => {
  const asked: string[] = [];
  const answers = new Map<string, () => void>();
  const resolve = boundedResolve((hostname, done) => {
    asked.push(hostname);
    answers.set(hostname, () => done(null, [{ address: "192.0.2.1", family: 4 }]));
  }, 2);
  const told: string[] = [];
  const ask = (hostname: string) =>
    resolve(hostname, (error) => told.push(`${hostname} ${(error as { code?: string } | null)?.code ?? "found"}`));
  for (const hostname of ["a", "b", "c", "a", "d", "c"]) ask(hostname);
  assertEquals(asked, ["a", "b"]);
  answers.get("a")!();
  assertEquals([asked, told], [["a", "b", "c"], ["a found", "a found"]]);
  answers.get("b")!();
  answers.get("c")!();
  answers.get("d")!();
  assertEquals(told.slice(2), ["b found", "c found", "c found", "d found"]);
  for (let at = 0; at < 2 + 1024; at++) ask(`n${at}`);
  assertEquals(told.length, 6);
  ask("one more");
  assertEquals(told.at(-1), "one more EAI_AGAIN");
});

Deno.test("What becomes of each connection is told, and its end once", async () => {
  using server = echo();
  const told: string[] = [];
  const observer = { onDialed: (outcome: string) => told.push(outcome), onClosed: () => told.push("closed") };
  using dialer = dialerOf(["127.0.0.1"], { observer });
  const connection = await dialer.dial(
    { hostname: "127.0.0.1", port: server.port, options: {} },
    AbortSignal.timeout(120_000),
  );
  assertEquals(told, ["ok"]);
  connection.destroy();
  await connection.closed;
  await codeOf(dialer, "10.0.0.1", 1);
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  await codeOf(dialer, "127.0.0.1", port);
  const given = AbortSignal.abort();
  await assertRejects(() => dialer.dial({ hostname: "127.0.0.1", port: server.port, options: {} }, given));
  assertEquals(told, ["ok", "closed", "refused", "failed", "given_up"]);
});
