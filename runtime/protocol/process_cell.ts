/** What a process of one isolate and its host say to each other beside the batches; see protocol/frames.ts. */

/** First value of a frame that is no batch: those begin with a number. */
export const WORD = {
  /** Host: the app it becomes, as JSON. */
  LOAD: "load",
  /** Both: a heartbeat asked for, and its answer. */
  BEAT: "beat",
  /** Isolate: its doors are closed; the app runs, or does not. */
  BOOTED: "booted",
  LOADED: "loaded",
  LOAD_FAILED: "load_failed",
  /** Isolate: its app has modules that call the host; a call of them. Host: the answer. */
  HOST_CALLS: "host_calls",
  CALL: "call",
  ANSWER: "answer",
} as const;

/** Under this registered symbol the first module of a process leaves what the bootstrap takes. */
export const PROCESS_PARTS = "nano.process";

/** What that is. */
export interface ProcessParts {
  readonly connection: {
    read(into: Uint8Array): Promise<number | null>;
    write(bytes: Uint8Array): Promise<number>;
    close(): void;
    ref(): void;
    unref(): void;
  };
  readonly heapBytes: number;
  /** Of an app that runs as Deno itself runs it. */
  readonly full: Pick<FullParts, "network" | "runMain"> | null;
}

/** What such an app's process begins with. */
export interface FullParts {
  /** Whether it has the network of the host, or NANO's door alone. */
  readonly network: boolean;
  /**
   * Lets Deno run the app's first module, which it does once nothing else is under way: until {@linkcode hold} the
   * process lives by what the app does, and a batch that is sent holds it as well.
   */
  readonly runMain: () => void;
  /** The process lives as long as its host from now on. */
  readonly hold: () => void;
}

/** Where the programs of the system are that such an app may start. */
export const PROGRAM_PATH = "/usr/local/bin:/usr/bin:/bin";

/** What the first module reads from its standard input, as JSON behind its length, before the bootstrap's text. */
export interface ProcessHead {
  readonly path: string;
  readonly heapBytes: number;
  /** Of an app that runs as Deno itself runs it: the folder that it runs in, a path as it sees it. */
  readonly full: { readonly folder: string; readonly network: boolean } | null;
}

/** A process takes a frame of its host, an app's whole source among them. */
export const MAX_HOST_FRAME_BYTES = 1024 * 1024 * 1024;
