/** Starts real database servers on loopback, each with data of its own in a temporary folder. */
import { freePort } from "../support/free_port.ts";

/** A server that runs. */
export interface DatabaseServer extends AsyncDisposable {
  readonly port: number;
  /** Ends it without a word to anybody. */
  kill(): Promise<void>;
  /** Starts it again after that, on what it has kept. */
  restart(): Promise<void>;
}

/** A server with a certificate that no authority has signed. */
export interface PostgresServer extends DatabaseServer {
  /** As PEM, for localhost and 127.0.0.1. */
  readonly certificate: string;
}

/** How long one may take until it listens, on a busy machine. */
const START_TIMEOUT_MS = 400_000;

/** PostgreSQL: user and database `app`, no password, TLS with a certificate of its own for localhost. */
export async function startPostgres(port: number = freePort()): Promise<PostgresServer> {
  const bin = postgresFolder();
  let certificate = "";
  const server = await start("postgres", port, async (folder) => {
    const data = `${folder}/data`;
    await run([`${bin}/initdb`, "-D", data, "-U", "app", "--auth=trust", "-N", "--no-instructions"], "postgres");
    await makeCertificate(data, "postgres");
    certificate = await Deno.readTextFile(`${data}/server.crt`);
    const settings = ["fsync=off", "unix_socket_directories=", "ssl=on", "listen_addresses=127.0.0.1"];
    return [`${bin}/postgres`, "-D", data, "-p", String(port), ...settings.flatMap((one) => ["-c", one])];
  });
  // It listens before it takes anybody (57P03), and before it finds what is left of one that was killed.
  const probe = new Deno.Command(`${bin}/pg_isready`, { args: ["-q", "-h", "127.0.0.1", "-p", String(port)] });
  const ready = async (restart: () => Promise<void>) => {
    const until = performance.now() + START_TIMEOUT_MS;
    while (!(await probe.output()).success) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await restart();
      if (performance.now() < until) continue;
      await server[Symbol.asyncDispose]();
      throw new Error(`PostgreSQL takes nobody within ${START_TIMEOUT_MS} ms`);
    }
  };
  await ready(() => Promise.resolve());
  return { ...server, certificate, restart: () => ready(server.restart) };
}

/** MariaDB: anybody from loopback is let in without a password. */
export async function startMariadb(port: number = freePort()): Promise<DatabaseServer> {
  const server = find("mariadbd", "mariadb-server");
  return await start("mysql", port, async (folder) => {
    const data = `--datadir=${folder}/data`;
    await run([find("mariadb-install-db", "mariadb-server"), "--no-defaults", data, "--skip-test-db"], "mysql");
    const listening = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${folder}/socket`];
    return [server, "--no-defaults", data, ...listening, "--skip-grant-tables", "--skip-networking=0"];
  });
}

/** Redis, which keeps nothing. */
export async function startRedis(port: number = freePort()): Promise<DatabaseServer> {
  const server = find("redis-server", "redis-server");
  return await start("redis", port, (folder) => {
    const settings = ["--bind", "127.0.0.1", "--save", "", "--dir", folder];
    return Promise.resolve([server, "--port", String(port), ...settings]);
  });
}

async function start(
  user: string,
  port: number,
  prepare: (folder: string) => Promise<string[]>,
): Promise<DatabaseServer> {
  const folder = await Deno.makeTempDir({ prefix: "nano-database-" });
  await Deno.chmod(folder, 0o755);
  // These refuse to run as root.
  if (Deno.uid() === 0) await run(["chown", user, folder], null);
  const [command, ...args] = asUser(await prepare(folder), user);
  const spawn = () =>
    new Deno.Command(command!, { args, cwd: folder, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  let child = spawn();
  let said = new Response(child.stderr).text();
  const stop = async () => {
    try {
      // What PostgreSQL takes for "without waiting for clients"; the others take SIGTERM for that.
      child.kill(user === "postgres" ? "SIGINT" : "SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await said;
    await Deno.remove(folder, { recursive: true });
  };
  let hasEnded = false;
  const hasStarted = async () => {
    const until = performance.now() + START_TIMEOUT_MS;
    const { status } = child;
    hasEnded = false;
    status.then(() => hasEnded = true);
    while (!await listens(port)) if (hasEnded || performance.now() > until) return false;
    return true;
  };
  if (!await hasStarted()) {
    await stop();
    throw new Error(`${command} does not listen: ${(await said).slice(-2_000)}`);
  }
  return {
    port,
    async kill() {
      child.kill("SIGKILL");
      await child.status;
    },
    async restart() {
      if (!hasEnded) return;
      child = spawn();
      said = new Response(child.stderr).text();
      await hasStarted();
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Looks again after a while, as nothing tells of it. */
async function listens(port: number): Promise<boolean> {
  try {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.close();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

async function makeCertificate(folder: string, user: string): Promise<void> {
  const files = ["-keyout", `${folder}/server.key`, "-out", `${folder}/server.crt`];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...subject], user);
}

function asUser(command: string[], user: string): string[] {
  return Deno.uid() === 0 ? ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...command] : command;
}

async function run(command: string[], user: string | null): Promise<void> {
  const [name, ...args] = user === null ? command : asUser(command, user);
  const { success, stderr } = await new Deno.Command(name!, { args, cwd: "/", stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`${command[0]} failed: ${new TextDecoder().decode(stderr).slice(-2_000)}`);
}

function postgresFolder(): string {
  const versions = [...listed("/usr/lib/postgresql")].sort();
  if (versions.length === 0) throw missing("postgres", "postgresql");
  return `/usr/lib/postgresql/${versions.at(-1)}/bin`;
}

function listed(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function find(name: string, debianPackage: string): string {
  for (const folder of ["/usr/local/bin", "/usr/bin", "/usr/sbin"]) {
    if (listed(folder).includes(name)) return `${folder}/${name}`;
  }
  throw missing(name, debianPackage);
}

function missing(name: string, debianPackage: string): Error {
  return new Error(`There is no ${name}: apt-get install -y --no-install-recommends ${debianPackage}`);
}
