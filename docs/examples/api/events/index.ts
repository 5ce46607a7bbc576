// Errors that nobody catches reach listeners of the global scope first, then the log; the app lives on.

let seen = "none yet";

addEventListener("unhandledrejection", (event) => {
  seen = event.reason.message;
  event.preventDefault();
});

export default {
  async fetch(): Promise<Response> {
    Promise.reject(new Error("nobody waits for this"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { port1, port2 } = new MessageChannel();
    const message = new Promise<unknown>((resolve) => port2.onmessage = ({ data }) => resolve(data));
    port1.postMessage(
      structuredClone({ at: new Date(0), tags: new Set(["a"]) }),
    );
    const copy = await message as { at: Date; tags: Set<string> };
    port1.close();
    return Response.json({
      seen,
      year: copy.at.getUTCFullYear(),
      tags: [...copy.tags],
    });
  },
};
