/** The part of the client that looks at the fleet, and after it. */
import type { FleetAnswer } from "../schemas/fleet_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { search } from "./url_parts.ts";

/** Packing and sending what a node has takes as long as its disk and the engine let it. */
const TIMEOUT_MS = 60 * 60_000;

/** The fleet of a running NANO; every method throws {@linkcode AdminError}, NOT_FOUND without a fleet. */
export class FleetClient {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  /** As the node that is asked sees it. @param signal gives up */
  async view(signal?: AbortSignal): Promise<FleetAnswer> {
    const init = { method: "GET", ...signal === undefined ? {} : { signal } };
    return await (await this.#connection.fetch(`${this.#connection.url}/admin/fleet`, init)).json();
  }

  /** Makes what the node has the state of a new fleet. */
  found(): Promise<FleetAnswer> {
    return this.#post("/found");
  }

  /** Gives an engine that has lost its fleet what the node has. @param replace ends another fleet that is there */
  restore(replace: boolean): Promise<FleetAnswer> {
    return this.#post(`/restore${search({ replace: replace ? "1" : undefined })}`);
  }

  /** Follows the engine's fleet. @param replace gives up what the fleet does not know */
  join(replace: boolean): Promise<FleetAnswer> {
    return this.#post(`/join${search({ replace: replace ? "1" : undefined })}`);
  }

  /** Tries now what could not be in force on the node. */
  retry(): Promise<FleetAnswer> {
    return this.#post("/retry");
  }

  async #post(path: string): Promise<FleetAnswer> {
    const url = `${this.#connection.url}/admin/fleet${path}`;
    return await (await this.#connection.fetch(url, { method: "POST", timeoutMs: TIMEOUT_MS })).json();
  }
}
