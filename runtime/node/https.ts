/** `node:https` of apps: as `node:http`; TLS is NANO's, towards clients and towards servers. */
import { HttpsAgent as Agent } from "./http/agent.ts";
import { ClientRequest } from "./http/client_request.ts";
import { createServer, Server } from "./http/node_server.ts";
import { parseGiven } from "./http/request_options.ts";

/** Of all requests that name none. */
const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });

function request(...given: unknown[]): ClientRequest {
  const { options, listener } = parseGiven(given);
  return new ClientRequest({ ...options, _protocol: "https:" }, listener);
}

function get(...given: unknown[]): ClientRequest {
  const made = request(...given);
  made.end();
  return made;
}

export { Agent, createServer, get, globalAgent, request, Server };
export default { Agent, Server, createServer, get, globalAgent, request };
