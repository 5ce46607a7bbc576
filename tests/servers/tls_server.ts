/** Starts TLS servers of openssl on loopback, with an authority of their own and one that asks for certificates. */
import { freePort } from "../support/free_port.ts";

/** Certificates of an authority that nobody knows, a server's for localhost and a client's. */
export interface TlsFolder extends AsyncDisposable {
  readonly path: string;
  /** A file of it, as PEM. */
  read(name: "ca.crt" | "client.crt" | "client.key" | "other.crt"): Promise<string>;
}

/** A server that says "hello" and its client's name to whom it lets in. */
export interface TlsServer extends AsyncDisposable {
  readonly port: number;
}

const START_TIMEOUT_MS = 30_000;

/** Makes the certificates. */
export async function makeTlsFolder(): Promise<TlsFolder> {
  const path = await Deno.makeTempDir({ prefix: "nano-tls-" });
  const make = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: path, stderr: "piped" }).output();
    if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr).slice(-1000)}`);
  };
  const key = (name: string) => ["-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`];
  for (const name of ["ca", "other"]) {
    await make("req", "-x509", ...key(name), "-days", "2", "-subj", `/CN=${name} authority`, "-out", `${name}.crt`);
  }
  await Deno.writeTextFile(`${path}/server.ext`, "subjectAltName=DNS:localhost,DNS:db.internal,IP:127.0.0.1\n");
  await Deno.writeTextFile(`${path}/client.ext`, "extendedKeyUsage=clientAuth\n");
  for (const [name, subject] of [["server", "/CN=localhost"], ["client", "/CN=ada"]] as const) {
    await make("req", ...key(name), "-subj", subject, "-out", `${name}.csr`);
    const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`];
    await make("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.crt`);
  }
  return {
    path,
    read: (name) => Deno.readTextFile(`${path}/${name}`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** @param options.asks whether it takes only clients whose certificate its authority has signed */
export async function startTlsServer(folder: TlsFolder, { asks }: { readonly asks: boolean }): Promise<TlsServer> {
  const port = freePort();
  const asking = asks ? ["-Verify", "1", "-verify_return_error", "-CAfile", "ca.crt"] : [];
  // It answers HTTP with a page that tells of the connection, the client's certificate included.
  const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", "server.crt", "-key", "server.key", "-www"];
  const child = new Deno.Command("openssl", {
    args: [...args, "-alpn", "http/1.1", ...asking],
    cwd: folder.path,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const until = performance.now() + START_TIMEOUT_MS;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
