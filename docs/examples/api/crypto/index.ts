// Signs a text with a key and verifies it; the key comes from a secret of the app.

interface Env {
  readonly SIGNING_KEY: string;
}

const encoder = new TextEncoder();

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const key = await crypto.subtle.importKey(
      "raw",
      encoder.encode(env.SIGNING_KEY),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign", "verify"],
    );
    const signature = await crypto.subtle.sign(
      "HMAC",
      key,
      encoder.encode("order 42"),
    );
    const digest = await crypto.subtle.digest(
      "SHA-256",
      encoder.encode("order 42"),
    );
    return Response.json({
      signature: new Uint8Array(signature).toHex(),
      genuine: await crypto.subtle.verify(
        "HMAC",
        key,
        signature,
        encoder.encode("order 42"),
      ),
      forged: await crypto.subtle.verify(
        "HMAC",
        key,
        signature,
        encoder.encode("order 43"),
      ),
      digest: new Uint8Array(digest).toHex(),
      uuid: crypto.randomUUID().length,
    });
  },
};
