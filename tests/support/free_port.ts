/** Ports for what needs a number that it can find again: nano.json, a server that is restarted. */

/**
 * Below those that systems give to whoever asks for any (ip(7), ip_local_port_range: 32768 to 60999; IANA: 49152 up):
 * one of these would be given to another test before its server listens, which then waits for a stranger.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_768;
const TRIES = 100;

/** A port of loopback that nobody listens on now. */
export function freePort(): number {
  for (let tried = 1;; tried++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tried === TRIES) throw error;
    }
  }
}
