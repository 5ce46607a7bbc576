/** What engines of a fleet take: writes seen by another node, archives, a join, and what a node pays for one that is idle. */
import { type EngineConfig, natsEngine, postgresEngine } from "../../runtime/fleet/engine_config.ts";
import type { FleetStore } from "../../runtime/fleet/fleet_store.ts";
import { openFleetStore } from "../../runtime/fleet/link.ts";
import { startPostgres } from "../servers/database_server.ts";
import { natsBinary, versionOf } from "../support/nats_binary.ts";
import { NatsServers } from "../servers/nats_servers.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { printTable } from "./table.ts";

const ARCHIVE_BYTES = 52_428_800;
const IDLE_MS = 10_000;

/** Prints the figures of one NATS server, of three, and of PostgreSQL; all of it on this machine, so that the wire is free. */
export async function benchFleetEngines(short: boolean): Promise<void> {
  const writes = short ? 100 : 1_000;
  const rows: string[][] = [];
  const version = await versionOf(natsBinary()!);
  for (const count of [1, 3] as const) {
    await using servers = await NatsServers.start({ count });
    const engine = natsEngine({ servers: servers.addresses, name: "bench", allowsOldServer: true });
    rows.push([`nats-server ${version} x ${count}`, ...await figures(engine, writes)]);
  }
  {
    await using server = await startPostgres();
    const engine = postgresEngine({ url: `postgres://app@127.0.0.1:${server.port}/postgres`, name: "bench" });
    rows.push(["PostgreSQL, fsync off", ...await figures(engine, writes)]);
  }
  const heads = ["write p50 ms", "p99", "seen p50 ms", "p99", "put MB/s", "get MB/s", `${writes} records ms`];
  printTable("Engines of a fleet", ["", ...heads, "idle RSS MB", "idle CPU ms/s"], rows);
}

async function figures(engine: EngineConfig, writes: number): Promise<string[]> {
  const before = Deno.memoryUsage().rss;
  await using store = openFleetStore(engine);
  await using other = openFleetStore(engine);
  await store.found("e1");
  const rssMb = (Deno.memoryUsage().rss - before) / 2 / 1_048_576;
  const written: number[] = [];
  const seen: number[] = [];
  let hint = Promise.withResolvers<void>();
  using _listening = other.onChange(() => hint.resolve());
  await other.head();
  let head = await store.head();
  for (let n = 0; n < writes; n++) {
    hint = Promise.withResolvers();
    const began = performance.now();
    const record = { key: `app.a${n}`, id: crypto.randomUUID(), format: 1, value: { text: "x".repeat(1_000) } };
    const outcome = await store.write(record, head);
    if (outcome.outcome === "conflict") throw new Error("Somebody else writes");
    written.push(performance.now() - began);
    while ((await other.head()).revision < outcome.revision) await hint.promise;
    await Array.fromAsync(other.since(head.revision));
    seen.push(performance.now() - began);
    head = { ...head, revision: outcome.revision };
  }
  const [putMs, getMs] = await archive(store, other);
  const joinMs = await timed(async () => void await Array.fromAsync(other.since(0)));
  const cpu = cpuSeconds(Deno.pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = (cpuSeconds(Deno.pid) - cpu) * 1_000_000 / IDLE_MS / 2;
  const speed = (ms: number) => (ARCHIVE_BYTES / 1_000 / ms).toFixed(0);
  return [
    ...[at(written, 0.5), at(written, 0.99), at(seen, 0.5), at(seen, 0.99)].map((ms) => ms.toFixed(1)),
    ...[speed(putMs), speed(getMs), joinMs.toFixed(0), rssMb.toFixed(0), idle.toFixed(1)],
  ];
}

async function archive(store: FleetStore, other: FleetStore): Promise<[putMs: number, getMs: number]> {
  const bytes = new Uint8Array(ARCHIVE_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const putMs = await timed(() => store.putBlob(digest, new Blob([bytes]).stream()));
  const getMs = await timed(async () => {
    let length = 0;
    for await (const piece of (await other.getBlob(digest))!) length += piece.length;
    if (length !== ARCHIVE_BYTES) throw new Error("It did not come whole");
  });
  return [putMs, getMs];
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

function at(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * part)]!;
}
