/** What an isolate's code is given by the cell it boots in: a thread, or a process of its own. */
import { workerData } from "node:worker_threads";
import type { IsolateBootData } from "../protocol/messages.ts";
import type { FullParts } from "../protocol/process_cell.ts";
import type { HostLine } from "./platform/host_calls.ts";
import { sharedHostLine } from "./platform/shared_host_line.ts";

/** Sends the host a message that is no batch. */
export type PostWord = (message: unknown, transfer: MessagePort[] | null) => void;

/** What the bootstrap works with. */
export interface OwnCell {
  /** Requests and streams. */
  readonly port: MessagePort;
  /** Heartbeats only. */
  readonly heartbeat: MessagePort;
  /** What the app may hold in its heap. */
  readonly heapBytes: number;
  /** Of an app that runs as Deno itself runs it, in a process of its own; else null. */
  readonly full: FullParts | null;
  /** Opens the line of calls that the host answers. */
  readonly openHostLine: (post: PostWord) => HostLine;
}

let own: OwnCell | null = null;

/** Says what this isolate is given, where nothing comes as a thread's data; before the bootstrap runs. @boot */
export function giveCell(cell: OwnCell): void {
  own = cell;
}

/** Takes it, once. @boot */
export function takeCell(): OwnCell {
  const given = own ?? threadCell();
  own = null;
  return given;
}

/** Nobody else shall find it in the thread's data. @boot */
function threadCell(): OwnCell {
  const { port, heartbeat, heapBytes, hostWait } = workerData as IsolateBootData;
  for (const key of Object.keys(workerData)) delete workerData[key];
  return { port, heartbeat, heapBytes, full: null, openHostLine: (post) => sharedHostLine(post, hostWait) };
}
