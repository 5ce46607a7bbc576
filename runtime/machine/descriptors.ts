/** The process's file descriptors: how many there may be, how many are open, and who may have them. */

/** Of every limit this much is for the host itself: its files, its listeners, answers under way. */
const HOST_SHARE = 1 / 4;
/** But no more than this. */
const HOST_MOST = 512;
/** Held open for nothing, and let go when all others are taken: the admin listener and the log need some then. */
const RESERVE = 16;
/** A count of all descriptors is good for this long: 4,000 take 3 ms to list. */
const COUNT_MS = 500;

/** What is known of the process. */
export interface DescriptorSource {
  /** The soft limit of RLIMIT_NOFILE; Infinity where it cannot be read. */
  readonly limit: number;
  /** Descriptors that are open now; 0 where they cannot be counted. */
  count(): number;
  now(): number;
}

/** Who wants a descriptor for a long time. */
export interface DescriptorUser {
  readonly app: string;
  /** Address of the client, or null for a connection that the app opens itself. */
  readonly client: string | null;
}

/** Deals descriptors out. */
export class Descriptors {
  readonly limit: number;
  readonly #source: DescriptorSource;
  readonly #byApp = new Map<string, number>();
  readonly #byClient = new Map<string, number>();
  #reserve: Disposable[] = [];
  #counted = 0;
  #countedAt = -Infinity;

  constructor(source: DescriptorSource) {
    this.#source = source;
    this.limit = source.limit;
  }

  /** Descriptors that are open now. */
  count(): number {
    return this.#source.count();
  }

  /** What connections may have together. */
  get forConnections(): number {
    return this.limit - Math.min(HOST_MOST, Math.ceil(this.limit * HOST_SHARE));
  }

  /** WebSockets and connections of its own that one app may have: half of all connections. */
  get forApp(): number {
    return Math.floor(this.forConnections / 2);
  }

  /** WebSockets that one address may have: a quarter of all connections. */
  get forClient(): number {
    return Math.floor(this.forConnections / 4);
  }

  /** Whether no connection should be added. */
  get isScarce(): boolean {
    const now = this.#source.now();
    if (now - this.#countedAt >= COUNT_MS) {
      this.#counted = this.count();
      this.#countedAt = now;
    }
    return this.#counted >= this.forConnections;
  }

  /**
   * Takes a place for a connection that lasts.
   * @returns what gives it back, or in one clause why there is none
   */
  take({ app, client }: DescriptorUser): (() => void) | string {
    const ofApp = this.#byApp.get(app) ?? 0;
    if (ofApp >= this.forApp) return `the app has ${ofApp} open already, of ${this.limit} descriptors`;
    const ofClient = client === null ? 0 : this.#byClient.get(client) ?? 0;
    if (ofClient >= this.forClient) return `its address has ${ofClient} open already, of ${this.limit} descriptors`;
    if (this.isScarce) return `${this.#counted} of ${this.limit} descriptors are in use`;
    this.#counted++;
    this.#byApp.set(app, ofApp + 1);
    if (client !== null) this.#byClient.set(client, ofClient + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      countDown(this.#byApp, app);
      if (client !== null) countDown(this.#byClient, client);
    };
  }

  /** Holds some descriptors open for bad times; where there is no limit, none. */
  keepReserve(): void {
    if (!Number.isFinite(this.limit)) return;
    try {
      while (this.#reserve.length < Math.min(RESERVE, this.limit / 16)) {
        this.#reserve.push(Deno.openSync("/dev/null"));
      }
    } catch {
      // None is left: what there is stays as it is.
    }
  }

  /** Lets them go. */
  freeReserve(): void {
    for (const held of this.#reserve.splice(0)) held[Symbol.dispose]();
  }
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

/** The limit as Linux tells it; a process elsewhere has to do without. */
function readLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

function countOpen(): number {
  try {
    // One of them is the listing's own.
    return [...Deno.readDirSync("/proc/self/fd")].length - 1;
  } catch (error) {
    // No descriptor is left to list them with.
    return error instanceof Deno.errors.NotFound ? 0 : descriptors.limit;
  }
}

/** This process's: there is one table of them, whatever runs in it. */
export const descriptors: Descriptors = new Descriptors({
  limit: readLimit(),
  count: countOpen,
  now: () => performance.now(),
});
