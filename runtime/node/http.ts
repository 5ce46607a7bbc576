/**
 * `node:http` of apps: a server that takes the app's handler over, and a client over the app's fetch.
 *
 * Bundled into the apps that import it, so that it runs in their realm and holds nothing that they may not have. It is
 * ours since no package does it: unenv's are stubs, Cloudflare's are parts of workerd, Deno's own classes lead to its
 * network, and fetch-to-node and srvx know neither the client nor WebSockets over a socket.
 */
import { Agent } from "./http/agent.ts";
import { ClientRequest } from "./http/client_request.ts";
import { validateHeaderName, validateHeaderValue } from "./http/header_rules.ts";
import { MAX_HEADER_BYTES, METHODS, STATUS_CODES } from "./http/http_tables.ts";
import { IncomingMessage } from "./http/incoming_message.ts";
import { createServer, Server } from "./http/node_server.ts";
import { OutgoingMessage } from "./http/outgoing_message.ts";
import { ServerResponse } from "./http/server_response.ts";
import { refusing } from "./past_isolate.ts";

const { CloseEvent, MessageEvent, WebSocket } = globalThis;

/** Of all requests that name none. */
const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });
const maxHeaderSize = MAX_HEADER_BYTES;

function request(...given: unknown[]): ClientRequest {
  return new ClientRequest(...given);
}

function get(...given: unknown[]): ClientRequest {
  const made = request(...given);
  made.end();
  return made;
}

/** There are no parsers whose number could be bounded. */
function setMaxIdleHTTPParsers(): void {}

/** The way out is the host's to say: `outbound`. */
const setGlobalProxyFromEnv = refusing("http", "setGlobalProxyFromEnv");

export {
  Agent,
  ClientRequest,
  CloseEvent,
  createServer,
  get,
  globalAgent,
  IncomingMessage,
  maxHeaderSize,
  MessageEvent,
  METHODS,
  OutgoingMessage,
  request,
  Server,
  ServerResponse,
  setGlobalProxyFromEnv,
  setMaxIdleHTTPParsers,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
  WebSocket,
};

export default {
  ...{ Agent, ClientRequest, CloseEvent, IncomingMessage, MessageEvent, METHODS, OutgoingMessage, STATUS_CODES },
  ...{ Server, ServerResponse, WebSocket, createServer, get, globalAgent, maxHeaderSize, request },
  ...{ setGlobalProxyFromEnv, setMaxIdleHTTPParsers, validateHeaderName, validateHeaderValue },
};
