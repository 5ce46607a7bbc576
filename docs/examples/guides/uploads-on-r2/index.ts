/** What R2 tells of a kept file. */
interface Kept {
  key: string;
  size: number;
  httpEtag: string;
  uploaded: Date;
  writeHttpMetadata(headers: Headers): void;
}

/** The part of Cloudflare's R2Bucket that this app uses. */
interface Files {
  get(key: string, options: { range: Headers; onlyIf: Headers }): Promise<
    Kept & { body?: ReadableStream; range?: { offset: number; length: number } } | null
  >;
  put(key: string, value: ReadableStream | null, options: { httpMetadata: Headers }): Promise<Kept>;
  delete(key: string): Promise<void>;
  list(options: { limit: number }): Promise<{ objects: Kept[] }>;
}

export default {
  async fetch(request: Request, { FILES }: { FILES: Files }): Promise<Response> {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (key === "") {
      const { objects } = await FILES.list({ limit: 100 });
      return Response.json(objects.map(({ key, size }) => ({ key, size })));
    }
    if (request.method === "PUT") {
      // The body goes to the disk as it comes, however long it is.
      const { size, httpEtag } = await FILES.put(key, request.body, { httpMetadata: request.headers });
      return Response.json({ key, size }, { status: 201, headers: { etag: httpEtag } });
    }
    if (request.method === "DELETE") {
      await FILES.delete(key);
      return new Response(null, { status: 204 });
    }
    const file = await FILES.get(key, { range: request.headers, onlyIf: request.headers });
    if (file === null) return new Response("Not found\n", { status: 404 });
    const headers = new Headers({ etag: file.httpEtag, "accept-ranges": "bytes" });
    file.writeHttpMetadata(headers);
    if (file.body === undefined) return new Response(null, { status: 304, headers });
    const { offset, length } = file.range!;
    headers.set("content-length", `${length}`);
    if (length === file.size) return new Response(file.body, { headers });
    headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${file.size}`);
    return new Response(file.body, { status: 206, headers });
  },
};
