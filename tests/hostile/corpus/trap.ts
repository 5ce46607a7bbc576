/** A listener on loopback that notes who comes: no app with `outbound: "public"` may. */

/** Listens until it is disposed. */
export class Trap implements AsyncDisposable {
  /** First bytes of each connection. */
  readonly caught: string[] = [];
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #serving = this.#serve();

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.caught.push(`connection ${this.caught.length + 1} from port ${connection.remoteAddr.port}`);
        connection.close();
      }
    } catch (error) {
      // The listener was closed while it waited
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}
