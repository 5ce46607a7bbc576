/** An app that opens TLS connections in every way an app can, with the certificates that it is given. */
export const TLS_APP = `import tls from "node:tls";
import net from "node:net";
const host = "127.0.0.1";
const ASK = "GET / HTTP/1.0\\r\\n\\r\\n";
const read = (socket) => new Promise((resolve, reject) => {
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => text += part).on("end", () => resolve(text)).on("error", reject);
  socket.on("secureConnect", () => socket.write(ASK));
});
const readDeno = async (connection) => {
  await connection.write(new TextEncoder().encode(ASK));
  const text = await new Response(connection.readable).text();
  // openssl serves one after the other.
  connection.close();
  return text;
};
const calls = {
  node: ({ port, ...certificates }) => read(tls.connect({ host, port, servername: "localhost", ...certificates })),
  nodeContext: ({ port, ...certificates }) =>
    read(tls.connect({ host, port, servername: "localhost", secureContext: tls.createSecureContext(certificates) })),
  nodeOver: ({ port, ...certificates }) =>
    read(tls.connect({ socket: net.connect(port, host), servername: "localhost", ...certificates })),
  nodeAlpn: ({ port, ...certificates }) => new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, servername: "db.internal", ALPNProtocols: ["h2", "http/1.1"], ...certificates });
    socket.on("error", reject).on("secureConnect", () => {
      resolve([socket.authorized, socket.alpnProtocol, socket.getProtocol(), socket.getPeerCertificate().subject.CN]);
      socket.destroy();
    });
  }),
  deno: async ({ port, ca, ...pair }) => readDeno(await Deno.connectTls({ hostname: host, port, caCerts: ca, ...pair })),
  denoStart: async ({ port, ca, ...pair }) =>
    readDeno(await Deno.startTls(await Deno.connect({ hostname: host, port }), { hostname: "localhost", caCerts: ca, ...pair })),
};
export default {
  async fetch(request) {
    const { call, ...options } = await request.json();
    try {
      return Response.json(await calls[call](options));
    } catch (error) {
      return Response.json([error.name, error.code ?? null, error.message], { status: 500 });
    }
  },
};
`;
