/** The module `cloudflare:node`: servers of `node:http` as the handler that a Worker exports. */
import { allowManyPorts } from "./http/listening.ts";
import { answerOn, type ConnectionInfo, type Server } from "./http/node_server.ts";

allowManyPorts();

interface Context {
  readonly remoteAddr?: ConnectionInfo["remoteAddr"];
}

function infoOf(context: Context | undefined): ConnectionInfo {
  return context?.remoteAddr === undefined ? {} : { remoteAddr: context.remoteAddr };
}

/** Answers a request by the server that listens on a port. */
export function handleAsNodeRequest(port: number | { readonly port?: number }, request: Request): Promise<Response> {
  return answerOn(portOf(port), request, {});
}

/** A handler that gives all requests to one server. */
export function httpServerHandler(
  server: number | { readonly port?: number } | Server,
): { fetch(request: Request, env: unknown, context?: Context): Promise<Response> } {
  const isServer = typeof (server as Server)._answer === "function";
  // One that listens nowhere is meant all the same.
  return {
    fetch: (request, _env, context) =>
      isServer
        ? (server as Server)._answer(request, infoOf(context))
        : answerOn(portOf(server as { readonly port?: number }), request, infoOf(context)),
  };
}

function portOf(given: number | { readonly port?: number }): number {
  const port = typeof given === "object" ? given.port : given;
  if (typeof port === "number") return port;
  throw new TypeError("Cannot find a server: httpServerHandler takes a server or { port }");
}

export default { handleAsNodeRequest, httpServerHandler };
