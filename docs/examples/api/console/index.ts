// Every call is one record of NANO's log, with the app's name and the level.

export default {
  fetch(request: Request): Response {
    console.log("asked for %s", new URL(request.url).pathname);
    console.warn({ stock: 2, items: ["tea"] });
    console.error(new RangeError("sold out").message);
    console.count("orders");
    return new Response("logged\n");
  },
};
