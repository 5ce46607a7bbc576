// Computes an answer once and gives it from the cache for a minute.

let computed = 0;

export default {
  async fetch(request: Request): Promise<Response> {
    const cache = await caches.open("pages");
    const key = new URL("/price", request.url);
    const kept = await cache.match(key);
    if (kept !== undefined) return kept;
    const fresh = Response.json({ computed: ++computed }, {
      headers: { "cache-control": "max-age=60" },
    });
    await cache.put(key, fresh.clone());
    return fresh;
  },
};
