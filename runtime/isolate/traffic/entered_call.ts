/** Answers what another app asks: a request to one of the app's entrypoints, or a method of it. */
import { bare } from "../../protocol/bare.ts";
import type { CallBody } from "../../protocol/binding_call.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import { isUint8Array, NativeError, NativeResponse } from "../../protocol/primordials.ts";
import { type CalledEntry, RPC_RETURNED, RPC_THREW } from "../../protocol/rpc.ts";
import {
  argumentsOf,
  type EntrySurroundings,
  fetchEntrypoint,
  invokeEntrypoint,
  parsePath,
  type RpcClasses,
} from "../rpc/entrypoints.ts";
import { packValue, unpackValue } from "../rpc/packet.ts";

/** What others reach of an app. */
export interface Reachable {
  /** What its main module exports. */
  readonly exported: Record<string, unknown>;
  /** Those of `cloudflare:workers` as the app has them. */
  readonly classes: () => RpcClasses | null;
}

/** One call, and what it is answered with. */
export interface EnteredCall extends EntrySurroundings {
  readonly entry: CalledEntry;
  readonly request: () => Request;
  readonly body: () => CallBody;
  /** Tells the log of what a method threw. */
  readonly report: (error: unknown) => void;
  /** Text of any thrown value, whatever its getters do. */
  readonly describe: (error: unknown) => string;
}

/** @returns a Response or what a handler returned for one, perhaps as a promise */
export function answerEntered(reachable: Reachable, call: EnteredCall): unknown {
  const { entry, env, context } = call;
  if (entry.operation !== "fetch") return answerMethod(reachable, call);
  return fetchEntrypoint(reachable.exported, entry.entrypoint, { env, context, request: call.request() });
}

async function answerMethod(
  { exported, classes }: Reachable,
  { entry: { entrypoint, operation, path }, body, env, context, report, describe }: EnteredCall,
): Promise<Response> {
  try {
    const args = operation === "call" ? argumentsOf(await unpackValue(body())) : [];
    const asked = { entrypoint, operation, path: parsePath(path), args };
    const result = await invokeEntrypoint(exported, asked, { env, context, classes: classes() });
    return responseOf(RPC_RETURNED, packValue(result, "the result"));
  } catch (error) {
    report(error);
    return responseOf(RPC_THREW, packThrown(error, describe));
  }
}

/** Any value may be thrown, also one that cannot cross, or that throws when it is looked at. */
function packThrown(error: unknown, describe: EnteredCall["describe"]): Exclude<CallBody, null> {
  try {
    return packValue(error, "the error");
  } catch {
    return packValue(new NativeError(describe(error)), "the error");
  }
}

function responseOf(status: number, body: Exclude<CallBody, null>): Response {
  if (innerSlots !== null && (typeof body === "string" || isUint8Array(body))) {
    return innerSlots.makeResponse(status, [], body);
  }
  return new NativeResponse(body as BodyInit, bare({ status }));
}
