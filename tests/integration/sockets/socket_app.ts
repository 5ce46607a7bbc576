/** An app of WebSockets in both server styles, for these tests; it behaves by the query of the request. */

/** Source of the app. */
export const SOCKET_APP = String.raw`
const fates = new Map();
const held = [];

function behave(socket, query) {
  const id = query.get("id") ?? "";
  const tell = (event) => fates.set(id, [...(fates.get(id) ?? []), event]);
  if (query.has("binary")) socket.binaryType = query.get("binary");
  socket.addEventListener("open", () => tell("open"));
  socket.addEventListener("error", () => tell("error"));
  socket.addEventListener("close", (event) => tell({ code: event.code, reason: event.reason, clean: event.wasClean }));
  const on = (handler) => socket.addEventListener("message", handler);
  switch (query.get("do")) {
    case "types":
      on(({ data }) => {
        const kind = typeof data === "string" ? "string" : data.constructor.name;
        socket.send(JSON.stringify([kind, data.length ?? data.byteLength ?? data.size]));
      });
      break;
    case "throw":
      on(({ data }) => {
        if (data === "throw") throw new Error("the message handler broke");
        socket.send("still here: " + data);
      });
      break;
    case "close":
      on(({ data }) => {
        const given = JSON.parse(data);
        try {
          socket.close(...given);
        } catch (error) {
          socket.send(error.name);
        }
      });
      break;
    case "memory":
      on(() => {
        for (;;) held.push(new Array(100_000).fill(held.length));
      });
      break;
    case "flood": {
      const chunk = new Uint8Array(256 * 1024);
      on(() => {
        const more = () => {
          if (socket.readyState !== 1) return;
          socket.send(chunk);
          setTimeout(more, 0);
        };
        more();
      });
      break;
    }
    case "many":
      on(({ data }) => {
        for (let at = 0; at < Number(data); at++) socket.send(at % 2 === 0 ? String(at) : new TextEncoder().encode(String(at)));
      });
      break;
    case "info":
      on(() => socket.send(JSON.stringify([socket.protocol, socket.url.replace(/:\d+/, ""), socket.readyState])));
      break;
    case "silent":
      break;
    default:
      on(({ data }) => socket.send(data));
  }
}

export default {
  async fetch(request) {
    const { pathname, searchParams: query } = new URL(request.url);
    switch (pathname) {
      case "/deno": {
        const options = query.has("protocol") ? { protocol: query.get("protocol") } : {};
        const { socket, response } = Deno.upgradeWebSocket(request, options);
        behave(socket, query);
        if (query.has("cookie")) response.headers.append("set-cookie", "a=1");
        return response;
      }
      case "/pair": {
        const { 0: client, 1: server } = new WebSocketPair();
        if (query.has("early")) {
          server.accept();
          server.send("early 1");
          server.send("early 2");
          if (query.has("wait")) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        behave(server, query);
        if (!query.has("early") && !query.has("unaccepted")) server.accept();
        if (query.has("close_early")) server.close(4001, "before the upgrade");
        if (query.has("later")) setTimeout(() => server.accept(), Number(query.get("later")));
        const headers = { "set-cookie": "a=1" };
        if (query.has("protocol")) headers["sec-websocket-protocol"] = query.get("protocol");
        return new Response(null, { status: 101, webSocket: client, headers });
      }
      case "/fate":
        return Response.json(fates.get(query.get("id")) ?? []);
      default:
        return new Response("plain");
    }
  },
};
`;
