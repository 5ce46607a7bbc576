/** The first of a host's addresses that takes a TCP connection. */
import net from "node:net";
import type { TcpOptions } from "../protocol/tcp.ts";
import { ConnectionError, failureOf } from "./tcp_connection.ts";

/** An address is given up after this while there is another to try, in ms (RFC 8305 has 250 before the next begins). */
const NEXT_ADDRESS_MS = 2_000;

/**
 * Connects to the first address that takes it, one after the other.
 * @param until ms of `performance.now()` at which the last one is given up
 * @throws {ConnectionError} why the first one failed
 */
export async function firstConnected(
  { addresses, port, options }: {
    readonly addresses: readonly string[];
    readonly port: number;
    readonly options: TcpOptions;
  },
  signal: AbortSignal,
  until: number,
): Promise<net.Socket> {
  let failure: unknown;
  for (const [at, address] of addresses.entries()) {
    const isLast = at === addresses.length - 1;
    const left = Math.max(1, until - performance.now());
    try {
      return await connectTo({ address, port, options }, signal, isLast ? left : Math.min(left, NEXT_ADDRESS_MS));
    } catch (error) {
      failure ??= error;
      if (signal.aborted) break;
    }
  }
  throw failure;
}

function connectTo(
  { address, port, options }: { readonly address: string; readonly port: number; readonly options: TcpOptions },
  signal: AbortSignal,
  timeoutMs: number,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: address,
      port,
      allowHalfOpen: true,
      noDelay: options.noDelay ?? false,
      keepAlive: options.keepAlive ?? false,
    });
    const late = () => {
      settle();
      socket.destroy();
      reject(new ConnectionError("ETIMEDOUT", `connect ETIMEDOUT ${address}:${port}`));
    };
    const timer = setTimeout(late, timeoutMs);
    const onAbort = () => {
      settle();
      socket.destroy();
      reject(given());
    };
    const onConnect = () => {
      settle();
      resolve(socket);
    };
    const onError = (error: unknown) => {
      settle();
      socket.destroy();
      reject(failureOf(error));
    };
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect);
      socket.off("error", onError);
      socket.on("error", () => {});
    };
    socket.on("connect", onConnect);
    socket.on("error", onError);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
}

/** Of a connection that whoever asked for it wants no more. */
export function given(): ConnectionError {
  return new ConnectionError("ABORTED", "The connection was given up");
}
