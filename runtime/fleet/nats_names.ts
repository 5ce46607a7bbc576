/** Names of streams and subjects on NATS servers. */

/** What a space is made of. */
export interface NatsNames {
  readonly epoch: string;
  /** Told after each write, to whoever listens. */
  readonly changed: string;
  readonly streams: {
    readonly state: string;
    readonly blobs: string;
    readonly leases: string;
    readonly claims: string;
    readonly nodes: string;
  };
  /** The subjects of each, without their last part. */
  readonly prefixes: { readonly [stream in keyof NatsNames["streams"]]: string };
}

/** The names of a space. Streams may hold no dot, subjects are below the space. */
export function natsNames(space: string): NatsNames {
  return {
    epoch: `${space}.epoch`,
    changed: `${space}.changed`,
    streams: {
      state: `${space}_state`,
      blobs: `${space}_blobs`,
      leases: `${space}_leases`,
      claims: `${space}_claims`,
      nodes: `${space}_nodes`,
    },
    prefixes: {
      state: `${space}.state.`,
      blobs: `${space}.blob.`,
      leases: `${space}.lease.`,
      claims: `${space}.claim.`,
      nodes: `${space}.node.`,
    },
  };
}

const encoder = new TextEncoder();

/**
 * Any name as one part of a subject, which may hold no blank, dot, `*` or `>`: all but letters, digits, `_` and `-` are
 * written as `=` and two hexadecimal digits a byte. Dots stay between what are parts already, so that rights can be given
 * by part: `node.n1`.
 */
export function subjectPart(name: string): string {
  return name.split(".").map((part) => part === "" ? "=" : encodedPart(part)).join(".");
}

function encodedPart(part: string): string {
  return part.replace(
    /[^A-Za-z0-9_-]+/gu,
    (text) => Array.from(encoder.encode(text), (byte) => `=${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}
