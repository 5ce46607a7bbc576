/** Calls of an app's `node:` modules that the host answers: its own files, names of hosts. */

/** Where the modules lie that stand for Node's: `<prefix>os.js`. */
export const NODE_MODULES_URL = "app:///__nano__/node/";

/** What takes the servers of an app over that has Node's own modules; see runtime/node/native_servers.ts. */
export const NATIVE_SERVERS_URL = `${NODE_MODULES_URL}native_servers.js`;

/** Bytes of one answer to a call that its caller waits for; what is longer comes in several. */
export const ANSWER_BYTES = 256 * 1024;
/** Before the answer itself: the call's number, its kind, its length. */
export const HOST_ANSWER_HEAD_BYTES = 16;
/** Where the head has them, as 32-bit integers. */
export const HEAD = { CALL: 0, KIND: 1, LENGTH: 2 } as const;

/** What an answer is. */
export const HOST_ANSWER = { VALUE: 0, BYTES: 1, ERROR: 2 } as const;

/** How long a call waits; a host or a disk that needs longer counts as broken, whatever else the machine does. */
export const HOST_CALL_TIMEOUT_MS = 30_000;

/** Of a path or a name: what Linux takes. */
export const MAX_TEXT_CHARS = 4_096;

/** Of a text in a call that is waited for: there is one of them at a time. */
export const MAX_WAITED_CHARS = 65_536;

/** Entries of a folder in one answer: 700 names of 255 bytes fit, with their quotes. */
export const ENTRIES_PER_ANSWER = 700;

/** Said once by an isolate whose app has modules of Node. */
export interface HostCallsMessage {
  readonly type: "host_calls";
  readonly port: MessagePort;
  /** Answers to calls that are waited for. */
  readonly room: SharedArrayBuffer;
}

/** One call; `waits` when its answer is to come through the room. */
export type HostCall = readonly [call: number, waits: boolean, operation: string, ...given: unknown[]];

/** What is told of a file. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly modifiedMs: number;
  readonly createdMs: number;
  readonly inode: number;
  readonly isExecutable: boolean;
}

/** Entries of a folder, sorted; `isWhole` when none follow. */
export interface FolderPart {
  readonly entries: readonly (readonly [name: string, kind: FileFacts["kind"]])[];
  readonly isWhole: boolean;
}
