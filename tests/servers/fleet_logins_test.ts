/** How a node gets into NATS servers, and what it cannot do there. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { nkeys } from "@nats-io/nats-core/internal";
import { NanoError } from "../../runtime/errors.ts";
import { natsCredentials, type NatsEngine, natsEngine } from "../../runtime/fleet/engine_config.ts";
import { FleetData } from "../../runtime/fleet/data/fleet_data.ts";
import type { FleetStore, NodeReport } from "../../runtime/fleet/fleet_store.ts";
import { openFleetStore } from "../../runtime/fleet/link.ts";
import { BindingError } from "../../runtime/protocol/binding_call.ts";
import { REPO } from "../support/repo.ts";
import { pattern, put } from "../unit/data/r2_conformance.ts";
import { isOlder, natsBinary, versionOf } from "../support/nats_binary.ts";
import { NatsServers } from "./nats_servers.ts";

type Said = Partial<Parameters<typeof natsEngine>[0]>;

/** Far longer than an answer takes: who is let in is told so long before. */
const CALL_MS = 4_000;

Deno.test("A node logs in by token, password and nkey; without the right one it is told so, and nothing dies", async () => {
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  const other = new TextDecoder().decode(nkeys.createUser().getSeed());
  const ways: readonly [config: string, right: string, wrong: string][] = [
    [`authorization { token: "s3cret" }`, "s3cret", "secret"],
    [`authorization { user: "nano", password: "a:b" }`, "nano:a:b", "nano:b"],
    [`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`, seed, other],
  ];
  for (const [config, right, wrong] of ways) {
    await using servers = await NatsServers.start({ config });
    const open = (login: string) => opened(servers, { credentials: natsCredentials(login) });
    await using inside = open(right);
    assertEquals((await inside.head()).epoch, null);
    for (const login of [wrong, ""]) {
      await using outside = open(login);
      // Again and again: clients have ended their process by the second or third.
      for (let n = 0; n < 3; n++) assertStringIncludes(await refusal(() => outside.head()), "Authorization");
    }
  }
});

Deno.test("A login that is taken away while a node is in is told as that, and the node is in again when it is given back", async () => {
  await using servers = await NatsServers.start({ config: `authorization { user: "nano", password: "right" }` });
  await using store = opened(servers, { credentials: natsCredentials("nano:right") });
  assertEquals((await store.head()).epoch, null);
  await servers.reload('"right"', '"changed"');
  let told = "";
  // It may be let in for a moment still.
  for (let look = 0; look < 5 && told === ""; look++) {
    told = await store.head().then(() => "", (error) => error.message);
  }
  assertStringIncludes(told, 'the servers refuse the login of "fleet.credentials"');
  await servers.reload('"changed"', '"right"');
  assertEquals((await store.head()).epoch, null);
});

Deno.test("Servers without room are told as that, with what to do", async () => {
  await using servers = await NatsServers.start();
  await servers.killAll();
  await servers.reload("max_file: 4GB", "max_file: 1MB");
  await servers.startAll();
  await using store = opened(servers, {});
  const [, bytes] = [await store.found("e1"), new Uint8Array(2_000_000)];
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const told = await refusal(() => store.putBlob(digest, ReadableStream.from([bytes])));
  assertStringIncludes(told, "the servers have no room left, give JetStream more disk or a larger max_file");
  // It gives answers all the while.
  assertEquals((await store.head()).epoch, "e1");
});

Deno.test("A node speaks TLS to servers that its authority knows, and nothing else when it is to", async () => {
  await using made = await Certificates.make();
  const files = `cert_file: "${made.folder}/server.pem", key_file: "${made.folder}/server.key"`;
  {
    await using servers = await NatsServers.start({ config: `tls { ${files} }` });
    await using inside = opened(servers, { tls: { ca: await made.text("ca.pem"), own: null } });
    assertEquals((await inside.head()).epoch, null);
    await using stranger = opened(servers, { tls: { ca: null, own: null } });
    assertStringIncludes(await refusal(() => stranger.head()), "UnknownIssuer");
    await using plain = opened(servers, {});
    assertStringIncludes(await refusal(() => plain.head()), "the server wants TLS");
  }
  await using open = await NatsServers.start();
  await using demanding = opened(open, { tls: { ca: await made.text("ca.pem"), own: null } });
  assertStringIncludes(await refusal(() => demanding.head()), "does not support 'tls'");
});

Deno.test("A node shows a certificate of its own to servers that expect TLS from the first byte", async () => {
  const version = await versionOf(natsBinary()!);
  if (isOlder(version, "2.10.4")) {
    console.log(`nats-server ${version} does not know handshake_first: NANO_NATS_SERVER names a newer one`);
    return;
  }
  await using made = await Certificates.make();
  const files = ["cert_file: server.pem", "key_file: server.key", "ca_file: ca.pem"]
    .map((file) => file.replace(/: (.*)/, `: "${made.folder}/$1"`)).join(", ");
  await using servers = await NatsServers.start({ config: `tls { ${files}, verify: true, handshake_first: true }` });
  const ca = await made.text("ca.pem");
  const own = { cert: await made.text("client.pem"), key: await made.text("client.key") };
  await using inside = opened(servers, { tls: { ca, own } });
  assertEquals((await inside.head()).epoch, null);
});

Deno.test("A node of role serve reads and tells of itself, by the rights of the shipped file, and writes nothing", async () => {
  const shipped = await Deno.readTextFile(new URL("docs/deploy/nats.conf", REPO));
  const rights = /^ {2}SERVE_N3 = \{[\s\S]*?^ {2}\}/m.exec(shipped)![0];
  await using servers = await NatsServers.start({
    config: `authorization { ${rights}
      users: [ { user: full, password: f }, { user: n3, password: s, permissions: $SERVE_N3 } ] }`,
  });
  await using full = opened(servers, { credentials: natsCredentials("full:f") });
  await full.found("e1");
  for (let n = 0; n < 200; n++) {
    assertEquals((await full.write(record(`app.a${n}`), await full.head())).outcome, "written");
  }
  const bytes = new TextEncoder().encode("an archive");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await full.putBlob(digest, ReadableStream.from([bytes]));

  await using serve = opened(servers, { credentials: natsCredentials("n3:s") });
  const head = await serve.head();
  assertEquals(head.epoch, "e1");
  assertEquals((await Array.fromAsync(serve.since(0))).length, 200);
  assertEquals(await new Response(await serve.getBlob(digest)).text(), "an archive");
  assertEquals(await serve.lease("node.n3", "a"), true);
  assertEquals(await serve.lease("roll", "a"), true);
  assertEquals(await serve.claim("cron.x.1", "a"), true);
  await serve.announce(report("n3"));
  assertEquals((await full.nodes()).map(({ name }) => name), ["n3"]);
  const hinted = Promise.withResolvers<void>();
  using _listening = serve.onChange(hinted.resolve);
  await full.write(record("app.more"), head);
  await hinted.promise;

  // Its apps keep what they keep in the namespaces that it has rights for, and in no others.
  const kept = await keptBy(servers, "n3:s", "cache");
  assertEquals(kept, ["v", 20_000]);
  await assertRejects(() => keptBy(servers, "n3:s", "other"), Error, "Permissions Violation");
  // So it is with queues.
  assertEquals(await deliveredBy(servers, "n3:s", "jobs"), [["a", 0], ["a", 1]]);
  await assertRejects(() => deliveredBy(servers, "n3:s", "other"), Error, "Permissions Violation");

  // And with buckets, readers among them.
  assertEquals(await storedBy(servers, "n3:s", "files"), [true, null]);
  await assertRejects(() => storedBy(servers, "n3:s", "other"), Error, "Permissions Violation");

  const now = await serve.head();
  const forbidden: (() => Promise<unknown>)[] = [
    () => serve.write(record("app.a1"), now),
    () => serve.found("e2", "e1"),
    () => serve.putBlob(digest, ReadableStream.from([bytes])),
    () => serve.announce(report("n1")),
    () => serve.lease("node.n1", "a"),
    () => serve.removeBlobs(new Set()).then(() => serve.lease("sweep", "a")),
  ];
  for (const attempt of forbidden) assertStringIncludes(await refusal(attempt), "Permissions Violation");
  assertEquals(await full.head(), now);
});

Deno.test("A server that is known to lose writes is not taken, unless it is allowed", async () => {
  const version = await versionOf(natsBinary()!);
  await using servers = await NatsServers.start();
  await using careful = opened(servers, { allowsOldServer: false });
  if (isOlder(version, "2.11.16")) assertStringIncludes(await refusal(() => careful.head()), "allow_old_server");
  else assertEquals((await careful.head()).epoch, null);
});

function opened(servers: NatsServers, said: Said): FleetStore {
  return openFleetStore(engineOf(servers, said));
}

function engineOf(servers: NatsServers, said: Said): NatsEngine {
  const engine = natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true, ...said });
  return { ...engine, times: { ...engine.times, callMs: CALL_MS } };
}

/** What a namespace gives back of what it was given. @throws what the log is told */
async function keptBy(servers: NatsServers, login: string, namespace: string): Promise<unknown[]> {
  await using data = dataOf(servers, login);
  const store = data.kv(namespace);
  const room = { expires: null, metadata: null, maxBytes: 1024 ** 3 };
  try {
    await store.put("short", new TextEncoder().encode("v"), room);
    await store.put("long", new Uint8Array(300_000), room);
    await store.put("long", new Uint8Array(20_000), room);
    await store.put("gone", new Uint8Array(20_000), room);
    await store.delete("gone");
    return [(await store.get("short", 100))?.value, (await store.get("long", 1e6))?.size];
  } catch (error) {
    throw error instanceof BindingError ? new Error(error.reason ?? error.message) : error;
  }
}

/** What is delivered of a message that fails once, with its failures. @throws what the log is told */
async function deliveredBy(servers: NatsServers, login: string, queue: string): Promise<unknown[]> {
  await using data = dataOf(servers, login);
  await using other = dataOf(servers, login);
  const store = data.queue(queue);
  const body = new Uint8Array(1);
  const seen: unknown[] = [];
  try {
    await store.send([{ id: "a", sent: 1, visible: 1, type: "bytes", origin: null, body }], 1024 ** 3);
    for (const outcome of ["retry", "ack"] as const) {
      const { messages } = await store.take({ owner: "me", now: 1, limit: 1, waitMs: 0, until: 1_000 });
      seen.push(...messages.map(({ id, failures }) => [id, failures]));
      assertEquals((await other.queue(queue).info(1)).leased, 1);
      await store.settle("me", messages.map(({ seq }) => ({ seq, outcome, visible: 1 })));
    }
    await other.queue(queue).purge(1);
    return seen;
  } catch (error) {
    throw error instanceof BindingError ? new Error(error.reason ?? error.message) : error;
  }
}

/** Whether an object is read whole though it is replaced meanwhile, and what is left. @throws what the log is told */
async function storedBy(servers: NatsServers, login: string, bucket: string): Promise<unknown[]> {
  await using data = dataOf(servers, login);
  const store = data.r2(bucket);
  const { signal } = new AbortController();
  try {
    await put(store, "k", pattern(3_000_000));
    const found = await store.get("k", { condition: null, range: null, signal });
    await put(store, "k", pattern(10));
    const bytes = await new Response(found!.content!.body as BodyInit).bytes();
    await store.delete(["k"]);
    return [bytes.byteLength === 3_000_000, await store.head("k")];
  } catch (error) {
    throw error instanceof BindingError ? new Error(error.reason ?? error.message) : error;
  }
}

function dataOf(servers: NatsServers, login: string): FleetData {
  const engine = engineOf(servers, { credentials: natsCredentials(login) });
  return new FleetData({ engine, kinds: new Set(["kv", "r2", "queue"]), foreign: () => null, onSent: () => {} });
}

async function refusal(run: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(run, NanoError);
  assertEquals(error.code, "FLEET_UNAVAILABLE");
  return error.message;
}

function record(key: string) {
  return { key, id: "i", format: 1, value: 1 };
}

function report(name: string): NodeReport {
  return {
    ...{ name, revision: 1, address: null, version: "0.0.0", role: "serve", startedAt: 1, state: "following" },
    ...{ epoch: "e1", appsUp: 0, failed: [], configFingerprint: null, memoryBytes: 1 },
  } as NodeReport;
}

/** An authority, and what it has signed for a server and a client on this machine. */
class Certificates implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Certificates> {
    const made = new Certificates(await Deno.makeTempDir({ prefix: "nano-certificates-" }));
    await made.#openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2");
    await Deno.writeTextFile(`${made.folder}/names`, "subjectAltName=IP:127.0.0.1,DNS:localhost");
    for (const name of ["server", "client"]) {
      await made.#openssl(`req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
      const signed = `-CA ca.pem -CAkey ca.key -CAcreateserial -out ${name}.pem -days 2 -extfile names`;
      await made.#openssl(`x509 -req -in ${name}.csr ${signed}`);
    }
    return made;
  }

  text(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  async #openssl(args: string): Promise<void> {
    const command = new Deno.Command("openssl", { args: args.split(" "), cwd: this.folder });
    const { success, stderr } = await command.output();
    if (!success) throw new Error(`openssl ${args}: ${new TextDecoder().decode(stderr)}`);
  }
}
