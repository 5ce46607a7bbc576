/** Where an app is reached, as URLs for people. */
import type { Online } from "./online_command.ts";

/**
 * One URL a host.
 * @param hosts patterns such as `*.example.com` are shown as they are
 */
export async function appUrls({ client, found }: Online, hosts: readonly string[]): Promise<readonly string[]> {
  const base = found.publicUrl ?? await configuredUrl();
  if (base === null) return hosts.map((host) => `  ${host}`);
  const { protocol, port } = new URL(base);
  const authority = port === "" ? "" : `:${port}`;
  return hosts.map((host) => host.startsWith("*.") ? `  ${host}` : `  ${protocol}//${host}${authority}/`);

  /** From the configuration in force; a port that NANO picked itself does not stand there. */
  async function configuredUrl(): Promise<string | null> {
    const { port, tls } = await client.config();
    if (typeof port !== "number" || port === 0) return null;
    return `${tls === null ? "http" : "https"}://localhost:${port}`;
  }
}
