/** Methods of another app over calls of a binding: arguments and result cross by value. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort, Plain } from "../../protocol/binding_call.ts";
import { defineMember, getPrototypeOf, hasOwn, NativeError } from "../../protocol/primordials.ts";
import { RPC_THREW } from "../../protocol/rpc.ts";
import { append } from "../../protocol/safe_lists.ts";
import { packValue, unpackValue } from "../rpc/packet.ts";
import { currentDepth } from "./call_depth.ts";

const objectPrototype = Object.prototype;
const DISPOSE: typeof Symbol.dispose = Symbol.dispose;

/** Calls a method or reads a property. @param args of the call; null to read a property */
export async function invokeThrough(
  call: BindingPort["call"],
  path: readonly string[],
  args: readonly unknown[] | null,
): Promise<unknown> {
  const body = args === null ? null : packValue(args, "arguments");
  const asked: Plain[] = [currentDepth()];
  for (let at = 0; at < path.length; at++) append(asked, path[at]!);
  const answer = await call(args === null ? "get" : "call", asked, bare({ body }));
  const value = await unpackValue(answer.body);
  if (answer.values[0] === RPC_THREW) {
    if (value instanceof NativeError) defineMember(value, "remote", true, true);
    throw value;
  }
  return disposable(value);
}

/** As on Workers an object that a method returned can be declared by `using`; there is nothing to let go of here. */
function disposable(value: unknown): unknown {
  if (typeof value === "object" && value !== null && getPrototypeOf(value) === objectPrototype) {
    if (!hasOwn(value, DISPOSE)) defineMember(value, DISPOSE, () => {});
  }
  return value;
}
