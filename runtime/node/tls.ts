/** `node:tls` of apps: clients; the host does the handshake, over a connection of its own or one that is open. */
import stub from "unenv/node/tls";
import { refusing } from "./past_isolate.ts";
import { noServer } from "./tcp/no_server.ts";
import { normalizeArguments } from "./tcp/socket.ts";
import { checkServerIdentity } from "./tcp/server_identity.ts";
import { createSecureContext, type SecureOptions, TLSSocket } from "./tcp/tls_socket.ts";

/** Connects, or encrypts `options.socket`. */
export function connect(...given: readonly unknown[]): TLSSocket {
  const [first, listener] = normalizeArguments(given);
  const extra = given.find((one, at) => at > 0 && typeof one === "object" && one !== null);
  const options = { ...first, ...extra as object } as SecureOptions;
  const socket = new TLSSocket(options.socket ?? null, options);
  if (listener !== undefined) socket.once("secureConnect", listener);
  socket._start();
  return socket;
}

const { Server, createServer } = noServer("tls", "https");
const { CLIENT_RENEG_LIMIT, CLIENT_RENEG_WINDOW, DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE } = stub;
const DEFAULT_MAX_VERSION = "TLSv1.3";
const DEFAULT_MIN_VERSION = "TLSv1.2";
const rootCertificates: readonly string[] = [];
const getCiphers = () => ["tls_aes_128_gcm_sha256", "tls_aes_256_gcm_sha384", "tls_chacha20_poly1305_sha256"];
const getCACertificates = () => rootCertificates;
/** Whom an app trusts it says where it connects. */
const setDefaultCACertificates = refusing("tls", "setDefaultCACertificates");
class SecureContext {}

export {
  checkServerIdentity,
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  createSecureContext,
  createServer,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  getCACertificates,
  getCiphers,
  rootCertificates,
  SecureContext,
  Server,
  setDefaultCACertificates,
  TLSSocket,
};

export default {
  ...{ checkServerIdentity, CLIENT_RENEG_LIMIT, CLIENT_RENEG_WINDOW, connect, createSecureContext, createServer },
  ...{ DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION, getCACertificates, getCiphers },
  ...{ rootCertificates, SecureContext, Server, setDefaultCACertificates, TLSSocket },
};
