/** The nats-server that tests start: the one that NANO_NATS_SERVER names, or else the one that is installed. */

/** Path of it, or null when there is none. */
export function natsBinary(): string | null {
  const named = Deno.env.get("NANO_NATS_SERVER");
  if (named) return named;
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]) {
    try {
      if (Deno.statSync(`${folder}/nats-server`).isFile) return `${folder}/nats-server`;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** As the server itself tells it: "2.9.10". */
export async function versionOf(binary: string): Promise<string> {
  const { stdout } = await new Deno.Command(binary, { args: ["--version"] }).output();
  const version = /\d+\.\d+\.\d+/.exec(new TextDecoder().decode(stdout))?.[0];
  if (version === undefined) throw new Error(`${binary} does not tell its version`);
  return version;
}

/** Whether a version is older than another. */
export function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}
