/** What the cases fetch and connect to. */
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import http from "node:http";
import zlib from "node:zlib";

/** Listens on a free loopback port. */
export async function startUpstream() {
  const server = http.createServer((req, res) => {
    const p = new URL(req.url, "http://x").pathname;
    const send = (status, headers, body = "") => {
      res.writeHead(status, headers);
      res.end(body);
    };
    if (p === "/echo") {
      const c = [];
      req.on("data", (d) => c.push(d));
      req.on(
        "end",
        () =>
          send(
            200,
            { "content-type": "application/json" },
            JSON.stringify({ method: req.method, headers: req.headers, body: Buffer.concat(c).toString() }),
          ),
      );
      return;
    }
    if (p === "/plain") return send(200, { "content-type": "text/plain", "x-up": "1", "content-length": "5" }, "plain");
    if (p === "/passed") return send(203, { "content-type": "text/x-own", "x-up": "1", etag: '"e"' }, "passed");
    if (p === "/status-text") {
      res.statusMessage = "Own Words";
      return send(404, {}, "x");
    }
    if (p === "/redirect") return send(302, { location: "/plain" });
    if (p === "/redirect303") return send(303, { location: "/echo" });
    if (p === "/redirect307") return send(307, { location: "/echo" });
    if (p === "/cookies") return send(200, { "set-cookie": ["a=1; Path=/", "b=2"] }, "c");
    if (p === "/gzip") {
      const b = zlib.gzipSync("zipped");
      return send(200, { "content-encoding": "gzip", "content-length": b.length }, b);
    }
    if (p === "/204") return send(204, {});
    if (p === "/chunks") {
      res.writeHead(200);
      res.write("a");
      setTimeout(() => {
        res.write("b");
        setTimeout(() => res.end("c"), 5);
      }, 5);
      return;
    }
    if (p === "/slow") {
      const t = setTimeout(() => send(200, {}, "slow"), 3000);
      req.on("close", () => clearTimeout(t));
      return;
    }
    send(404, {}, "none");
  });
  // A WebSocket echo, by hand: text back, binary back, "close me" closes with 4001.
  server.on("upgrade", (req, socket) => {
    if (!req.url.startsWith("/ws")) {
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nplain");
      return;
    }
    const key = crypto.createHash("sha1").update(
      req.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
    ).digest("base64");
    const proto = req.headers["sec-websocket-protocol"]?.split(",")[0].trim();
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n${
        proto ? `Sec-WebSocket-Protocol: ${proto}\r\n` : ""
      }\r\n`,
    );
    let buf = Buffer.alloc(0);
    const frame = (op, data) => socket.write(Buffer.concat([Buffer.from([0x80 | op, data.length]), data]));
    socket.on("error", () => {});
    socket.on("data", (d) => {
      buf = Buffer.concat([buf, d]);
      while (buf.length >= 6) {
        const len = buf[1] & 127;
        if (buf.length < 6 + len) break;
        const op = buf[0] & 15;
        const mask = buf.subarray(2, 6);
        const data = Buffer.from(buf.subarray(6, 6 + len).map((b, i) => b ^ mask[i % 4]));
        buf = buf.subarray(6 + len);
        if (op === 8) {
          frame(8, data);
          socket.end();
        } else if (String(data) === "close me") {
          const b = Buffer.alloc(6);
          b.writeUInt16BE(4001);
          b.write("asked", 2);
          frame(8, b.subarray(0, 7));
        } else frame(op, data);
      }
    });
  });
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        for (const socket of sockets) socket.destroy();
      }),
  };
}
