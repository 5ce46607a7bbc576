/** Starts real NATS servers with JetStream on loopback, one or a cluster, each with files of its own in a temporary folder. */
import { copyFolder } from "../support/copy_folder.ts";
import { freePort } from "../support/free_port.ts";
import { isOlder, natsBinary, versionOf } from "../support/nats_binary.ts";

/** How long servers may take until all of them answer and have their leaders, on a busy machine. */
const READY_TIMEOUT_MS = 120_000;

/** What a cluster may be made of beside the defaults. */
export interface NatsOptions {
  /** How many servers. */
  readonly count?: 1 | 3;
  /** Put into the configuration of each: logins, certificates. */
  readonly config?: string;
}

/** One of the servers. */
interface Member {
  readonly name: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly configFile: string;
  readonly storeFolder: string;
  process: Deno.ChildProcess | null;
  /** It ended by itself, as when somebody's connection has its port just then. */
  hasEnded: boolean;
}

/** Servers that know each other, and can be killed and started again one by one. */
export class NatsServers implements AsyncDisposable {
  readonly #binary: string;
  readonly #folder: string;
  readonly #members: readonly Member[];

  private constructor(binary: string, folder: string, members: readonly Member[]) {
    this.#binary = binary;
    this.#folder = folder;
    this.#members = members;
  }

  /** @throws {Error} when there is no nats-server, with how to get one */
  static async start({ count = 1, config = "" }: NatsOptions = {}): Promise<NatsServers> {
    const binary = natsBinary();
    if (binary === null) {
      throw new Error("There is no nats-server: apt-get install -y --no-install-recommends nats-server");
    }
    const folder = await Deno.makeTempDir({ prefix: "nano-nats-" });
    const ports = Array.from({ length: count }, () => ({ client: freePort(), route: freePort(), monitor: freePort() }));
    const routes = ports.map(({ route }) => `nats-route://127.0.0.1:${route}`).join(", ");
    const members = await Promise.all(ports.map(async ({ client, route, monitor }, n): Promise<Member> => {
      const configFile = `${folder}/s${n}.conf`;
      const storeFolder = `${folder}/s${n}`;
      // sync_interval is not known before 2.10.
      const sync = isOlder(await versionOf(binary), "2.10.0") ? "" : "sync_interval: always";
      await Deno.writeTextFile(
        configFile,
        [
          `server_name: s${n}`,
          `listen: "127.0.0.1:${client}"`,
          `http: "127.0.0.1:${monitor}"`,
          `jetstream { store_dir: "${storeFolder}", max_mem: 64MB, max_file: 4GB, ${sync} }`,
          count === 1 ? "" : `cluster { name: nano, listen: "127.0.0.1:${route}", routes: [${routes}] }`,
          config,
        ].join("\n"),
      );
      return {
        name: `s${n}`,
        port: client,
        monitorPort: monitor,
        configFile,
        storeFolder,
        process: null,
        hasEnded: false,
      };
    }));
    const servers = new NatsServers(binary, folder, members);
    await servers.startAll();
    return servers;
  }

  /** Where clients find them. */
  get addresses(): string[] {
    return this.#members.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Starts those that do not run, and waits until all are well. */
  async startAll(): Promise<void> {
    for (const member of this.#members) {
      if (!member.process) this.#spawn(member);
    }
    const until = performance.now() + READY_TIMEOUT_MS;
    for (const member of this.#members) {
      while (!await isWell(member)) {
        if (performance.now() < until) {
          if (member.hasEnded) this.#spawn(member);
          continue;
        }
        const log = await Deno.readTextFile(`${member.configFile}.log`).catch(() => "without a log");
        await this[Symbol.asyncDispose]();
        throw new Error(`nats-server is not well within ${READY_TIMEOUT_MS} ms: ${log.slice(-2_000)}`);
      }
    }
  }

  #spawn(member: Member): void {
    const args = ["-c", member.configFile, "-l", `${member.configFile}.log`];
    const child = new Deno.Command(this.#binary, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    member.process = child;
    member.hasEnded = false;
    void child.status.then(() => member.hasEnded = member.process === child);
  }

  /** Kills the server that leads a stream, or any when none does. */
  async killLeader(stream: string): Promise<void> {
    const leader = await this.#leader(stream);
    await this.#kill(this.#members.find(({ name }) => name === leader) ?? this.#members[0]!);
  }

  /** Changes what was given as `config`, while they run. */
  async reload(before: string, after: string): Promise<void> {
    for (const { configFile, process } of this.#members) {
      await Deno.writeTextFile(configFile, (await Deno.readTextFile(configFile)).replace(before, after));
      process?.kill("SIGHUP");
    }
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#kill(member)));
  }

  /** Their disks are lost; they have to be killed first. */
  async wipe(): Promise<void> {
    await Promise.all(this.#members.map(({ storeFolder }) => Deno.remove(storeFolder, { recursive: true })));
  }

  /** Puts aside what their disks have, for {@linkcode NatsServers.lie}; they have to be killed first. */
  async keep(): Promise<void> {
    for (const { storeFolder } of this.#members) await copyFolder(storeFolder, `${storeFolder}.kept`);
  }

  /** Their disks have what was put aside, and nothing of what came then; they have to be killed first. */
  async lie(): Promise<void> {
    await this.wipe();
    for (const { storeFolder } of this.#members) await Deno.rename(`${storeFolder}.kept`, storeFolder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #kill(member: Member): Promise<void> {
    const { process } = member;
    if (!process) return;
    member.process = null;
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await process.status;
  }

  async #leader(stream: string): Promise<string | null> {
    for (const { monitorPort, process } of this.#members) {
      if (!process) continue;
      const answer = await fetch(`http://127.0.0.1:${monitorPort}/jsz?streams=1`).catch(() => null);
      const { account_details } = await answer?.json().catch(() => ({})) ?? {};
      const streams = account_details?.[0]?.stream_detail as
        | { name: string; cluster?: { leader?: string } }[]
        | undefined;
      const leader = streams?.find(({ name }) => name === stream)?.cluster?.leader;
      if (leader) return leader;
    }
    return null;
  }
}

/** Looks again after a while, as nothing tells of it. */
async function isWell({ monitorPort }: Member): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz`);
    await answer.body?.cancel();
    if (answer.ok) return true;
  } catch {
    // It does not listen yet.
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return false;
}
