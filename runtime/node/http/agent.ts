/** `http.Agent`: what was set stays readable; connections are NANO's, which keeps them alive by itself. */
import { EventEmitter } from "node:events";
import { callable } from "./callable.ts";
import { codedError } from "./coded_error.ts";

type Options = Readonly<Record<string, unknown>>;

class NodeAgent extends EventEmitter {
  declare options: Options;
  declare protocol: string;
  declare defaultPort: number;
  declare keepAlive: boolean;
  declare keepAliveMsecs: number;
  declare maxSockets: number;
  declare maxFreeSockets: number;
  declare maxTotalSockets: number;
  declare scheduling: string;
  declare requests: object;
  declare sockets: object;
  declare freeSockets: object;

  constructor(options?: Options) {
    super();
    initialize(this, options);
  }

  getName({ host = "localhost", port = "", localAddress = "", family }: Options = {}): string {
    return `${host}:${port}:${localAddress}${family === 4 || family === 6 ? `:${family}` : ""}`;
  }
  /** A request begins by itself; who extends an agent sees it here before its head is written, as http-cookie-agent does. */
  addRequest(_request: unknown, _options: unknown): void {}
  createConnection(): never {
    throw codedError("ERR_NOT_SUPPORTED", "Cannot call Agent.createConnection: NANO makes the connections of an app");
  }
  createSocket(): never {
    return this.createConnection();
  }
  keepSocketAlive(): boolean {
    return true;
  }
  reuseSocket(): void {}
  destroy(): void {}
}

function initialize(agent: NodeAgent, options: Options = {}): void {
  const { keepAlive = false, keepAliveMsecs = 1000, maxSockets = Infinity, maxFreeSockets = 256 } = options;
  const { maxTotalSockets = Infinity, scheduling = "lifo" } = options;
  Object.assign(agent, {
    ...{ options: { __proto__: null, path: null, noDelay: true, ...options }, protocol: "http:", defaultPort: 80 },
    ...{ keepAlive, keepAliveMsecs, maxSockets, maxFreeSockets, maxTotalSockets, scheduling },
    ...{ requests: {}, sockets: {}, freeSockets: {} },
  });
}

/** As apps see it. */
export const Agent: typeof NodeAgent = callable(NodeAgent, (self, [options]) => {
  EventEmitter.call(self as never);
  initialize(self, options);
});

class TlsAgent extends NodeAgent {
  constructor(options?: Options) {
    super(options);
    initializeTls(this);
  }
}

function initializeTls(agent: NodeAgent): void {
  agent.protocol = "https:";
  agent.defaultPort = 443;
}

/** Of `node:https`. */
export const HttpsAgent: typeof TlsAgent = callable(TlsAgent, (self, [options]) => {
  EventEmitter.call(self as never);
  initialize(self, options);
  initializeTls(self);
});

Object.defineProperty(NodeAgent, "name", { value: "Agent" });
Object.defineProperty(TlsAgent, "name", { value: "Agent" });
