// Streams lines through a transform and compresses them, without ever holding the whole answer.

export default {
  fetch(): Response {
    const lines = ReadableStream.from(["one", "two", "three"]);
    const numbered = new TransformStream<string, string>({
      transform(line, controller) {
        controller.enqueue(`${line} has ${line.length} letters\n`);
      },
    });
    const body = lines.pipeThrough(numbered)
      .pipeThrough(new TextEncoderStream())
      .pipeThrough(new CompressionStream("gzip"));
    return new Response(body, {
      headers: { "content-encoding": "gzip", "content-type": "text/plain" },
    });
  },
};
