/** Reads how an app wants a connection: what comes off the wall may say anything. */
import type { TcpOptions, TlsOptions } from "../protocol/tcp.ts";

/** Certificates of one connection, in characters; a bundle of all public authorities has 220,000. */
const MAX_OPTIONS_CHARS = 1024 * 1024;
const MAX_LIST = 1_000;

/** @throws {TypeError} when it is no object in JSON */
export function readTcpOptions(text: string): TcpOptions {
  const { timeoutMs, family, noDelay, keepAlive, tls } = objectOf(text);
  return {
    ...(typeof timeoutMs === "number" && timeoutMs > 0 ? { timeoutMs } : {}),
    ...(family === 4 || family === 6 ? { family } : {}),
    noDelay: noDelay === true,
    keepAlive: keepAlive === true,
    ...(typeof tls === "object" && tls !== null ? { tls: tlsOf(tls as Record<string, unknown>) } : {}),
  };
}

/** @throws {TypeError} when it is no object in JSON */
export function readTlsOptions(text: string): TlsOptions {
  return tlsOf(objectOf(text));
}

function tlsOf(given: Record<string, unknown>): TlsOptions {
  const { serverName, ca, cert, key, alpn, rejectUnauthorized, checksName } = given;
  return {
    ...(typeof serverName === "string" && serverName.length <= 255 ? { serverName } : {}),
    ...(isTexts(ca) ? { ca } : {}),
    ...(typeof cert === "string" ? { cert } : {}),
    ...(typeof key === "string" ? { key } : {}),
    ...(isTexts(alpn) ? { alpn } : {}),
    rejectUnauthorized: rejectUnauthorized !== false,
    checksName: checksName === true,
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_LIST && value.every((one) => typeof one === "string");
}

function objectOf(text: string): Record<string, unknown> {
  if (text.length > MAX_OPTIONS_CHARS) {
    throw new TypeError(`Cannot connect: options of ${text.length} characters are more than ${MAX_OPTIONS_CHARS}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null) throw new TypeError("Cannot connect: its options are none");
  return value as Record<string, unknown>;
}
