/** `ctx.exports`: an app's own entrypoints as another app would call them, without leaving the isolate. */
import { createService } from "../../bindings/service/isolate.ts";
import { bare } from "../../protocol/bare.ts";
import type { BindingPort } from "../../protocol/binding_call.ts";
import {
  assign,
  create,
  defineMember,
  getMember,
  keys,
  NativeError,
  NativePromise,
  NativeProxy,
  promiseThen,
  rejected,
  resolved,
  stringify,
} from "../../protocol/primordials.ts";
import { MAX_RPC_DEPTH } from "../../protocol/rpc.ts";
import { makeRequest } from "../bodies/body_sources.ts";
import { argumentsOf, extendsClass, fetchEntrypoint, invokeEntrypoint } from "../rpc/entrypoints.ts";
import { packValue, unpackValue } from "../rpc/packet.ts";
import type { AppFetch } from "./app_server.ts";
import { currentDepth, runAtDepth } from "./call_depth.ts";
import type { Reachable } from "./entered_call.ts";
import { withoutBase } from "./relative_urls.ts";
import { RequestContext } from "./request_context.ts";

/** What loopbacks are made of. */
export interface LoopbackTools {
  readonly env: Record<string, unknown>;
  readonly fetch: AppFetch;
  readonly waitUntil: (promise: unknown) => void;
}

/** Nobody is at the other end of a wire. */
const NO_CLIENT = " 0";

/** Objects and classes among the exports of an app, by their names. */
export function loopbacks(reachable: Reachable, tools: LoopbackTools): object {
  const { exported, classes } = reachable;
  const found = create(null) as object;
  const names = keys(exported);
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    const value = exported[name];
    const isObject = typeof value === "object" && value !== null;
    if (isObject || extendsClass(value, classes()?.entrypoint)) {
      defineMember(found, name, loopback(reachable, name, { ...tools, exports: found }), true);
    }
  }
  return found;
}

type OwnTools = LoopbackTools & { readonly exports: object };

/** One that is called with `{ props }` is one with those. */
function loopback(reachable: Reachable, entrypoint: string, tools: OwnTools): unknown {
  const plain = createService(portOf(reachable, { entrypoint, props: "" }, tools), entrypoint) as object;
  const withProps = (options?: { readonly props?: unknown }) => {
    const props = stringify(options?.props ?? {});
    return createService(portOf(reachable, { entrypoint, props }, tools), entrypoint);
  };
  return new NativeProxy(withProps, bare({ get: (_target: unknown, key: PropertyKey) => getMember(plain, key) }));
}

function portOf(
  reachable: Reachable,
  { entrypoint, props }: { readonly entrypoint: string; readonly props: string },
  tools: OwnTools,
): BindingPort {
  const { exported, classes } = reachable;
  const surroundings = () => ({
    env: assign({}, tools.env),
    context: new RequestContext(tools, NO_CLIENT, { props, exports: tools.exports }),
  });
  return {
    call: () => rejected(new NativeError(`Cannot call a binding by ctx.exports.${entrypoint}`)),
    fetch: (input, init) =>
      deeper(entrypoint, () => {
        const request = withoutBase(() => makeRequest([input, init]));
        const { env, context } = surroundings();
        if (entrypoint === "default") return tools.fetch(request, env, context);
        return fetchEntrypoint(exported, entrypoint, { env, context, request });
      }) as Promise<Response>,
    invoke: (path, args) =>
      deeper(entrypoint, async () => {
        const given = args === null ? [] : argumentsOf(await crossed(args, "arguments"));
        const asked = { entrypoint, operation: args === null ? "get" as const : "call" as const, path, args: given };
        let result: unknown;
        try {
          result = await invokeEntrypoint(exported, asked, { ...surroundings(), classes: classes() });
        } catch (error) {
          throw await crossed(error, "the error");
        }
        return await crossed(result, "the result");
      }),
  };
}

/** By value, as it would be on its way to another app. */
async function crossed(value: unknown, name: string): Promise<unknown> {
  return await unpackValue(packValue(value, name));
}

/** Counts as one app more between the client and this code. */
function deeper(entrypoint: string, work: () => unknown): Promise<unknown> {
  const depth = currentDepth() + 1;
  if (depth > MAX_RPC_DEPTH) {
    const error = new NativeError(
      `Cannot call ctx.exports.${entrypoint}: the request went through ${MAX_RPC_DEPTH} apps already`,
    );
    defineMember(error, "code", "LOOP");
    return rejected(error);
  }
  return new NativePromise((resolve, reject) => {
    runAtDepth(depth, () => {
      try {
        promiseThen(resolved(work()), resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  });
}
