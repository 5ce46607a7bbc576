// Text to bytes and back, base64, and bytes that are no UTF-8.

export default {
  fetch(): Response {
    const bytes = new TextEncoder().encode("grüße");
    let refused = "";
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]));
    } catch (error) {
      refused = (error as Error).name;
    }
    return Response.json({
      bytes: bytes.length,
      base64: btoa(String.fromCharCode(...bytes)),
      back: new TextDecoder().decode(bytes),
      latin: new TextDecoder("windows-1252").decode(new Uint8Array([0xfc])),
      refused,
    });
  },
};
