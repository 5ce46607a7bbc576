/** What engines have acknowledged is there after their servers were killed in the middle of writes. */
import { assert, assertEquals } from "@std/assert";
import { NanoError } from "../../runtime/errors.ts";
import { type EngineConfig, natsEngine, postgresEngine } from "../../runtime/fleet/engine_config.ts";
import type { FleetStore } from "../../runtime/fleet/fleet_store.ts";
import { openFleetStore } from "../../runtime/fleet/link.ts";
import { oldServer } from "../../runtime/fleet/nats_version.ts";
import { until } from "../integration/life/until.ts";
import { repeats } from "../support/repeats.ts";
import { natsBinary, versionOf } from "../support/nats_binary.ts";
import { startPostgres } from "./database_server.ts";
import { NatsServers } from "./nats_servers.ts";

/** Writes between two kills, by all writers together. */
const WRITES = 30;
const WRITERS = 3;
/** Every so many writes bring an archive with them, of two chunks on NATS. */
const WITH_ARCHIVE = 5;
const ARCHIVE_BYTES = 300_000;

Deno.test("No acknowledged write is lost when NATS servers are killed, the leader or all of them", async () => {
  await using servers = await NatsServers.start({ count: 3 });
  const version = await versionOf(natsBinary()!);
  const engine = natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true });
  await using writers = new Writers(engine);
  await writers.begin();
  for (let n = 0; n < repeats(4, 80); n++) {
    await writers.acknowledged(WRITES);
    await servers.killLeader("nano_state");
    // The two that are left elect another, and go on.
    await writers.acknowledged(WRITES);
    await servers.startAll();
  }
  for (let n = 0; n < repeats(2, 20); n++) {
    await writers.acknowledged(WRITES);
    await servers.killAll();
    await servers.startAll();
  }
  await writers.acknowledged(WRITES);
  await writers.end(`nats-server ${version}`, oldServer(version));
});

Deno.test("No acknowledged write is lost when PostgreSQL is killed", async () => {
  await using server = await startPostgres();
  const engine = postgresEngine({ url: `postgres://app@127.0.0.1:${server.port}/postgres`, name: "test" });
  await using writers = new Writers(engine);
  await writers.begin();
  for (let n = 0; n < repeats(2, 20); n++) {
    await writers.acknowledged(WRITES);
    await server.kill();
    await server.restart();
  }
  await writers.acknowledged(WRITES);
  await writers.end("PostgreSQL");
});

interface Write {
  readonly key: string;
  readonly id: string;
  readonly revision: number;
}

/** Nodes that write as fast as they can, each by a thread of its own. */
class Writers implements AsyncDisposable {
  readonly #stores: readonly FleetStore[];
  readonly #written: Write[] = [];
  readonly #archives: string[] = [];
  #isOver = false;
  #running: Promise<void>[] = [];
  #unknown = 0;
  #longestGapMs = 0;
  #lastAt = performance.now();

  constructor(engine: EngineConfig) {
    this.#stores = Array.from({ length: WRITERS }, () => openFleetStore(engine));
  }

  async begin(): Promise<void> {
    assertEquals(await this.#stores[0]!.found("e1"), true);
    this.#lastAt = performance.now();
    this.#running = this.#stores.map((store, n) => this.#write(store, `w${n}`));
  }

  /** Waits until so many more are acknowledged. */
  async acknowledged(writes: number): Promise<void> {
    const wanted = this.#written.length + writes;
    // An election takes 4 to 9 s, and the machine may be busy.
    await until(() => this.#written.length >= wanted, `${writes} more writes are acknowledged`);
  }

  /**
   * All that was acknowledged is there, as it was said to be.
   * @param excuse why an engine may lose some of it: one that NANO does not take without being told to
   */
  async end(engine: string, excuse: string | null = null): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
    const there = new Map<string, Write>();
    for await (const record of this.#stores[0]!.since(0)) there.set(record.key, record);
    const lost = this.#written.filter(({ key, revision }) => there.get(key)?.revision !== revision);
    const others = this.#written.filter(({ key, id }) => there.has(key) && there.get(key)!.id !== id);
    const missing: string[] = [];
    for (const digest of this.#archives) {
      const archive = await this.#stores[0]!.getBlob(digest);
      if (!archive || await digestOf(await new Response(archive).bytes()) !== digest) missing.push(digest);
    }
    console.log(
      `${engine}: ${this.#archives.length} archives acknowledged, ${missing.length} lost; ${this.#written.length} writes acknowledged, ${lost.length} lost, ${this.#unknown} without an answer, ` +
        `longest time without an acknowledgement ${(this.#longestGapMs / 1_000).toFixed(1)} s`,
    );
    assertEquals(others, [], "what is there is what was written");
    assert(lost.length < this.#written.length, "something is there");
    if (excuse === null) assertEquals([lost, missing], [[], []]);
    else console.log(`Not held to lose nothing: ${excuse}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#running);
    await Promise.all(this.#stores.map((store) => store[Symbol.asyncDispose]()));
  }

  async #write(store: FleetStore, name: string): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const key = `app.${name}-${n}`;
      const id = crypto.randomUUID();
      try {
        if (n % WITH_ARCHIVE === 0) await this.#keepArchive(store);
        const outcome = await store.write({ key, id, format: 1, value: { n } }, await store.head());
        if (outcome.outcome === "conflict") continue;
        this.#written.push({ key, id, revision: outcome.revision });
        const now = performance.now();
        this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastAt);
        this.#lastAt = now;
      } catch (error) {
        assert(error instanceof NanoError && error.code === "FLEET_UNAVAILABLE", String(error));
        this.#unknown++;
      }
    }
  }

  async #keepArchive(store: FleetStore): Promise<void> {
    const bytes = new Uint8Array(ARCHIVE_BYTES);
    crypto.getRandomValues(bytes.subarray(0, 65_536));
    const digest = await digestOf(bytes);
    await store.putBlob(digest, ReadableStream.from([bytes]));
    this.#archives.push(digest);
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
