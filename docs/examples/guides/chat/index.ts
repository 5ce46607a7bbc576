// A room: what one says, all hear. The sockets live in the isolate, so they close with 1001 when the app is reloaded or restarted.

const room = new Set<WebSocket>();

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(`${room.size} in the room\n`);
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => room.add(socket);
    socket.onclose = () => room.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const one of room) {
        // A slow reader misses lines instead of piling them up here.
        if (one.bufferedAmount < 64 * 1024) one.send(data);
      }
    };
    return response;
  },
};
