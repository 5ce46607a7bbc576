/** An upstream that breaks its answers off in every way that HTTP/1.1 knows. */
import { createServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

const OK = "HTTP/1.1 200 OK\r\n";
const PACKED = "so many words ".repeat(500);

/** What each way sends first, and how the connection ends then; "stays" leaves it open. */
interface Way {
  readonly sends: readonly (string | Uint8Array)[];
  readonly ends: "fin" | "reset" | "stays";
}

function packed(coding: string, bytes: Uint8Array): readonly (string | Uint8Array)[] {
  return [`${OK}Content-Encoding: ${coding}\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`, bytes];
}

const SHORT = `${OK}Content-Length: 1000\r\n`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n`;
const CLOSE = "Connection: close\r\n";

/** Ways to break an answer off after its head. */
export const DEATHS: Readonly<Record<string, Way>> = {
  "a short length": { sends: [`${SHORT}\r\nhalf`], ends: "fin" },
  "a short length that said it would close": { sends: [`${SHORT}${CLOSE}\r\nhalf`], ends: "fin" },
  "a short length and a reset": { sends: [`${SHORT}\r\nhalf`], ends: "reset" },
  "a cut chunk": { sends: [`${CHUNKED}\r\n10\r\nhalf`], ends: "fin" },
  "no last chunk": { sends: [`${CHUNKED}\r\n4\r\nhalf\r\n`], ends: "fin" },
  "no last chunk after it said it would close": { sends: [`${CHUNKED}${CLOSE}\r\n4\r\nhalf\r\n`], ends: "fin" },
  "a chunk without a size": { sends: [`${CHUNKED}\r\n4\r\nhalf\r\nzz\r\n`], ends: "stays" },
  "a reset between chunks": { sends: [`${CHUNKED}${CLOSE}\r\n4\r\nhalf\r\n`], ends: "reset" },
  "a reset in a body without a length": { sends: [`${OK}\r\nhalf`], ends: "reset" },
  "a gzip that is none": { sends: packed("gzip", new TextEncoder().encode("no gzip at all")), ends: "stays" },
  "a gzip cut in the middle": { sends: packed("gzip", gzipSync(PACKED).subarray(0, 40)), ends: "stays" },
  "a brotli that is none": {
    sends: packed("br", new TextEncoder().encode("no brotli at all, not a bit")),
    ends: "stays",
  },
  "a brotli cut in the middle": { sends: packed("br", brotliCompressSync(PACKED).subarray(0, 12)), ends: "stays" },
  "a deflate cut in the middle": { sends: packed("deflate", deflateSync(PACKED).subarray(0, 20)), ends: "stays" },
};

/** Answers that look odd and are whole. */
export const WHOLE: Readonly<Record<string, Way & { readonly status: number; readonly text: string }>> = {
  "a body that ends with its connection": { sends: [`${OK}\r\nwhole`], ends: "fin", status: 200, text: "whole" },
  "HTTP/1.0": { sends: ["HTTP/1.0 200 OK\r\n\r\nwhole"], ends: "fin", status: 200, text: "whole" },
  "204 with a length": {
    sends: ["HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\n"],
    ends: "stays",
    status: 204,
    text: "",
  },
  "304 with a length": {
    sends: ["HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\n"],
    ends: "stays",
    status: 304,
    text: "",
  },
  "early hints": {
    sends: [`HTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}Content-Length: 5\r\n\r\nwhole`],
    ends: "stays",
    status: 200,
    text: "whole",
  },
  "nothing, packed": { sends: packed("gzip", new Uint8Array()), ends: "stays", status: 200, text: "" },
};

const WAYS: Readonly<Record<string, Way>> = { ...DEATHS, ...WHOLE };

/** A running one. */
export interface DyingUpstream extends AsyncDisposable {
  readonly url: string;
}

/** Starts it; the path names the way, and the connection ends when the client has had time to read. */
export async function startDyingUpstream(): Promise<DyingUpstream> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let head = "";
    socket.on("close", () => sockets.delete(socket));
    // The client breaks off what is broken.
    socket.on("error", () => {});
    socket.on("data", (data) => {
      head += data;
      if (!head.includes("\r\n\r\n")) return;
      const path = / \/(\S*)/.exec(head)![1]!;
      head = "";
      const way = WAYS[decodeURIComponent(path)];
      if (way === undefined) return void socket.end(`${OK}Content-Length: 4\r\n\r\nfine`);
      for (const part of way.sends) socket.write(part);
      // A reset may overtake what was sent; nothing tells when the other side has read.
      if (way.ends === "fin") socket.end();
      else if (way.ends === "reset") setTimeout(() => socket.resetAndDestroy(), 250);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
