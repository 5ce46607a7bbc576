/** A request, or a job that is due, as an operation of the wall. */
import { BODY, OP } from "../protocol/operations.ts";
import type { CallBody } from "../protocol/binding_call.ts";
import type { Wire } from "../protocol/wire.ts";
import type { CallSlot } from "./call_table.ts";

/** Pushes it; the caller sends a body that is a stream. @param isAsked whether that waits to be asked for */
export function pushCall(wire: Wire, { id, call }: CallSlot, body: CallBody, isAsked: boolean): void {
  const { job, method, url, headers, remote, entry } = call;
  if (entry !== undefined) {
    wire.out.push(OP.ENTER, id, entry.entrypoint, entry.props, entry.operation, entry.path, entry.depth);
  }
  if (job !== undefined && "cron" in job) wire.out.push(OP.SCHEDULED, id, job.cron, job.scheduledTime);
  else if (job !== undefined) {
    wire.out.begin(OP.QUEUE, id, job.queue, job.facts);
    wire.pushBytes(job.bodies, true);
  } else if (body === null) wire.out.push(OP.REQUEST, id, method, url, headers, remote, BODY.NONE, null);
  else if (typeof body === "string") wire.out.push(OP.REQUEST, id, method, url, headers, remote, BODY.WHOLE, body);
  else if (body instanceof Uint8Array) {
    wire.out.begin(OP.REQUEST, id, method, url, headers, remote, BODY.WHOLE);
    wire.pushBytes(body, true);
  } else wire.out.push(OP.REQUEST, id, method, url, headers, remote, isAsked ? BODY.ASKED : BODY.STREAM, null);
}
