// Counts its visits, also over restarts and from several isolates at once.

const kv = await Deno.openKv();

export default {
  async fetch(): Promise<Response> {
    await kv.atomic().sum(["visits"], 1n).commit();
    const { value } = await kv.get<Deno.KvU64>(["visits"]);
    return Response.json({ visits: Number(value) });
  },
};
