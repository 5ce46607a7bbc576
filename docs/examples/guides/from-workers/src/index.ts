// A Worker as it was: env, ctx, assets, a cron, the cache.

interface Env {
  readonly GREETING: string;
  readonly ASSETS: { fetch(request: Request): Promise<Response> };
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  async fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
    if (new URL(request.url).pathname !== "/") {
      return await env.ASSETS.fetch(request);
    }
    const cache = await caches.open("pages");
    const kept = await cache.match(request);
    if (kept !== undefined) return kept;
    const answer = new Response(
      `${env.GREETING}, ${request.headers.get("x-real-ip")}\n`,
      {
        headers: { "cache-control": "max-age=60" },
      },
    );
    ctx.waitUntil(cache.put(request, answer.clone()));
    return answer;
  },

  scheduled(event: { readonly cron: string }): void {
    console.log(`cron ${event.cron}`);
  },
};
