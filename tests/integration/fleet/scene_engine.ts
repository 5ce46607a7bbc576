/** The engines at which the nodes of a scene meet: a true NATS, a true PostgreSQL. */
import pg from "pg";
import { startPostgres } from "../../servers/database_server.ts";
import { NatsServers } from "../../servers/nats_servers.ts";
import { copyFolder } from "../../support/copy_folder.ts";
import { NatsServer } from "../../support/nats_server.ts";

/** One that can be killed, started again with what it kept, and emptied. */
export interface SceneEngine extends AsyncDisposable {
  /** What `fleet` of nano.json says of it. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGKILL of the one of its servers that leads. */
  killLeader(): Promise<void>;
  /** Starts what does not run. */
  again(): Promise<void>;
  /** Loses all it has; it runs afterwards. */
  wipe(): Promise<void>;
  /** Keeps what it has now for {@linkcode SceneEngine.lie}. */
  keep(): Promise<void>;
  /** Has only what it had then, as after a power cut that took what it had acknowledged; it runs afterwards. */
  lie(): Promise<void>;
}

/** One NATS server. */
export async function natsEngine(): Promise<SceneEngine> {
  const server = await NatsServer.start();
  return {
    keys: { nats: [server.url], allow_old_server: true },
    kill: () => server.kill(),
    killLeader: () => server.kill(),
    again: () => server.again(),
    ...whileDown({ kill: () => server.kill(), again: () => server.again() }, {
      wipe: () => server.wipe(),
      keep: () => copyFolder(`${server.dir}/data`, `${server.dir}/kept`),
      lie: async () => {
        await server.wipe();
        await Deno.rename(`${server.dir}/kept`, `${server.dir}/data`);
      },
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Three NATS servers, each with a copy of everything. */
export async function natsServersEngine(): Promise<SceneEngine> {
  const servers = await NatsServers.start({ count: 3 });
  return {
    keys: { nats: servers.addresses.map((address) => `nats://${address}`), allow_old_server: true },
    kill: () => servers.killAll(),
    killLeader: () => servers.killLeader("nano_state"),
    again: () => servers.startAll(),
    ...whileDown({ kill: () => servers.killAll(), again: () => servers.startAll() }, {
      wipe: () => servers.wipe(),
      keep: () => servers.keep(),
      lie: () => servers.lie(),
    }),
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  };
}

type OnDisk = Pick<SceneEngine, "wipe" | "keep" | "lie">;

/** What is done to the disks of servers that do not run meanwhile. */
function whileDown({ kill, again }: Pick<SceneEngine, "kill" | "again">, { wipe, keep, lie }: OnDisk): OnDisk {
  const down = (act: () => Promise<void>) => async () => {
    await kill();
    await act();
    await again();
  };
  return { wipe: down(wipe), keep: down(keep), lie: down(lie) };
}

/** One PostgreSQL server. */
export async function postgresEngine(): Promise<SceneEngine> {
  const server = await startPostgres();
  const url = `postgres://app@127.0.0.1:${server.port}/postgres`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  return {
    keys: { postgres: url },
    kill: () => server.kill(),
    killLeader: () => server.kill(),
    again: () => server.restart(),
    wipe: () => run("drop schema nano cascade"),
    keep: () => run("create table kept_record as table nano.record; create table kept_head as table nano.head"),
    lie: () =>
      run(`begin; truncate nano.record; insert into nano.record table kept_record;
truncate nano.head; insert into nano.head table kept_head; commit`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
