// Echoes every message with its number.

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("Connect with a WebSocket\n", { status: 426 });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    let count = 0;
    socket.addEventListener(
      "message",
      ({ data }) => socket.send(`${++count}: ${data}`),
    );
    socket.addEventListener(
      "close",
      ({ code }) => console.log(`closed with ${code} after ${count} messages`),
    );
    return response;
  },
};
