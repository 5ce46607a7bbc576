/** An app that does with bodies what its path says, for these tests. */

/** Source of the app. */
export const BODY_APP = String.raw`
const bytesOf = (text) => new TextEncoder().encode(text);
async function* parts(...all) {
  for (const part of all) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield part;
  }
}

const runs = {
  async form(request) {
    const form = await request.formData();
    const all = [];
    for (const [name, value] of form) {
      all.push(typeof value === "string" ? [name, value] : [name, value.name, value.type, value.size, await value.text()]);
    }
    return Response.json(all);
  },
  async kinds(request) {
    const clones = Array.from({ length: 5 }, () => request.clone());
    const [a, b, c, d, e] = clones;
    const blob = await a.blob();
    return Response.json([
      [blob.type, blob.size], (await b.bytes()) instanceof Uint8Array, (await c.arrayBuffer()).byteLength,
      await d.json(), await e.text(), await request.text(), request.bodyUsed, a.bodyUsed,
    ]);
  },
  async twice(request) {
    await request.text();
    try {
      await request.text();
    } catch (error) {
      return Response.json([error.name, request.bodyUsed]);
    }
  },
  async tee(request) {
    const [a, b] = request.body.tee();
    const [x, y] = await Promise.all([new Response(a).text(), new Response(b).text()]);
    return Response.json([x.length, x === y]);
  },
  async byob(request) {
    const reader = request.body.getReader({ mode: "byob" });
    let view = new Uint8Array(1000);
    let total = 0;
    const sizes = new Set();
    for (;;) {
      const { done, value } = await reader.read(view);
      if (done) break;
      total += value.byteLength;
      sizes.add(value.byteLength <= 1000);
      view = new Uint8Array(value.buffer);
    }
    return Response.json([total, [...sizes]]);
  },
  async length(request) {
    return Response.json([(await request.text()).length, [...request.headers.keys()].includes("x-trailer")]);
  },
  encoded() {
    return new Response("really gzip?", { headers: { "content-encoding": "gzip", "content-type": "text/plain" } });
  },
  plain() {
    return new Response("x".repeat(5000), { headers: { "content-type": "text/plain" } });
  },
  json: () => Response.json({ a: [1] }, { status: 201, headers: { "x-a": "1" } }),
  redirect: () => Response.redirect("http://app/elsewhere", 307),
  error: () => Response.error(),
  none: () => new Response(null, { status: 204 }),
  unchanged: () => new Response(null, { status: 304, headers: { etag: '"v"' } }),
  reset: () => new Response(null, { status: 205 }),
  forbidden: () => new Response("body", { status: 204 }),
  sized: () => new Response("x".repeat(123)),
  stream: () => new Response(ReadableStream.from(parts(bytesOf("a"), bytesOf("b")))),
  iterable: () => new Response(parts(bytesOf("it"), bytesOf("er"), bytesOf("able"))),
  strings: () => new Response(parts("te", "xt ü")),
  from: () => new Response(ReadableStream.from(["x", "y"]).pipeThrough(new TextEncoderStream())),
  async inside() {
    const text = await new Response(parts(bytesOf("in"), bytesOf("side"))).text();
    const request = new Request("http://x/", { method: "POST", body: parts(bytesOf("re"), bytesOf("quest")), duplex: "half" });
    return Response.json([text, await request.text()]);
  },
  blob: () => new Response(new Blob(["blob"], { type: "x/y" })),
  form_out() {
    const form = new FormData();
    form.append("a", "1");
    return new Response(form);
  },
  params: () => new Response(new URLSearchParams({ a: "1 2" })),
  used() {
    const response = new Response("x");
    response.text();
    return response;
  },
  chunk: () => new Response(ReadableStream.from([1, 2])),
};

export default {
  fetch(request) {
    return runs[new URL(request.url).pathname.slice(1)](request);
  },
};
`;
