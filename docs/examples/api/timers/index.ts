// Timers give numbers; an answer need not wait for them.

export default {
  async fetch(): Promise<Response> {
    const order: string[] = [];
    queueMicrotask(() => order.push("microtask"));
    const timer = setTimeout(() => order.push("never"), 1);
    clearTimeout(timer);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push("after 5 ms");
    return Response.json({ kind: typeof timer, order });
  },
};
