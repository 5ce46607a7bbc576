/** What both sides of the wall say of an app's TCP connections. */

/** Ids of connections begin here and count down, far from those of requests, fetches, WebSockets and calls. */
export const FIRST_TCP_ID: number = -(2 ** 40);

/**
 * Bytes under way in either direction. A quarter of what a body has: an app may hold thousands of connections, and what
 * a database sends at once is small.
 */
export const TCP_WINDOW_BYTES = 256 * 1024;

/** How a connection is encrypted; texts of certificates are PEM. */
export interface TlsOptions {
  readonly serverName?: string;
  readonly ca?: readonly string[];
  readonly cert?: string;
  /** None that is encrypted: whoever made it says how long that takes, and it would be the host that stands still. */
  readonly key?: string;
  readonly alpn?: readonly string[];
  /** False: what the server shows is not checked at all. */
  readonly rejectUnauthorized?: boolean;
  /** Whether the app compares the name itself. */
  readonly checksName?: boolean;
}

/** How a connection is opened. */
export interface TcpOptions {
  readonly timeoutMs?: number;
  readonly family?: number;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  /** Encrypted from its first byte on. */
  readonly tls?: TlsOptions;
}

/** What is told of an encrypted connection. */
export interface TlsFacts {
  readonly alpn: string | null;
  readonly protocol: string | null;
  readonly cipher: unknown;
  readonly authorized: boolean;
  readonly authorizationError: string | null;
  /** As `getPeerCertificate()` of Node has it, without its bytes. */
  readonly certificate: Readonly<Record<string, unknown>> | null;
  /** Its bytes in base64. */
  readonly raw: string | null;
}

/** What is told of a connection. */
export interface TcpFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: TlsFacts | null;
}
