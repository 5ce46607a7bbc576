/**
 * `node:net` of apps: clients over the connections that the host opens under the app's outbound policy.
 *
 * Bundled into the apps that import it, so that it runs in their realm and holds nothing that they may not have.
 */
import stub from "unenv/node/net";
import { isIP, isIPv4, isIPv6 } from "./tcp/addresses.ts";
import { noServer } from "./tcp/no_server.ts";
import { type ConnectArguments, normalizeArguments, Socket } from "./tcp/socket.ts";

const { BlockList, SocketAddress } = stub;

/** Connects. */
export function connect(...given: ConnectArguments): Socket {
  const [options, listener] = normalizeArguments(given);
  const socket = new Socket(options);
  if (typeof options.timeout === "number") socket.setTimeout(options.timeout);
  return socket.connect(options, listener);
}
const createConnection = connect;

const { Server, createServer } = noServer("net", "http");

let autoSelectFamily = true;
let autoSelectFamilyTimeout = 250;
const getDefaultAutoSelectFamily = () => autoSelectFamily;
const setDefaultAutoSelectFamily = (value: boolean) => void (autoSelectFamily = value);
const getDefaultAutoSelectFamilyAttemptTimeout = () => autoSelectFamilyTimeout;
const setDefaultAutoSelectFamilyAttemptTimeout = (value: number) => void (autoSelectFamilyTimeout = value);
const _normalizeArgs = normalizeArguments;

export {
  _normalizeArgs,
  BlockList,
  createConnection,
  createServer,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
  Socket,
  Socket as Stream,
  SocketAddress,
};

export default {
  ...{ _normalizeArgs, BlockList, connect, createConnection, createServer, isIP, isIPv4, isIPv6, Server, Socket },
  ...{ Stream: Socket, SocketAddress, getDefaultAutoSelectFamily, getDefaultAutoSelectFamilyAttemptTimeout },
  ...{ setDefaultAutoSelectFamily, setDefaultAutoSelectFamilyAttemptTimeout },
};
