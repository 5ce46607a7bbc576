interface Mail {
  to: string;
  text: string;
}

/** The part of Cloudflare's Queue that this app uses. */
interface Mails {
  send(mail: Mail, options?: { delaySeconds?: number }): Promise<unknown>;
}

/** The part of its MessageBatch. */
interface Batch {
  readonly queue: string;
  readonly messages: readonly {
    readonly id: string;
    readonly body: Mail;
    readonly attempts: number;
    ack(): void;
    retry(options?: { delaySeconds?: number }): void;
  }[];
}

/** The part of its KVNamespace. */
interface Outbox {
  put(key: string, value: string): Promise<void>;
  list(options: { prefix: string }): Promise<{ keys: { name: string }[] }>;
}

interface Env {
  MAILS: Mails;
  OUTBOX: Outbox;
}

export default {
  async fetch(request: Request, { MAILS, OUTBOX }: Env): Promise<Response> {
    const [, box] = new URL(request.url).pathname.split("/");
    if (request.method === "POST" && box === "mails") {
      // Once this has settled, the mail will be sent, whatever happens to the process.
      await MAILS.send(await request.json());
      return new Response("It will be sent\n", { status: 202 });
    }
    if (box !== "sent" && box !== "returned") return new Response("Not found\n", { status: 404 });
    const { keys } = await OUTBOX.list({ prefix: `${box}:` });
    return Response.json(keys.map(({ name }) => name.split(":")[1]));
  },

  async queue({ queue, messages }: Batch, { OUTBOX }: Env): Promise<void> {
    if (queue === "dead-mails") {
      // What failed too often; whoever sent it should know.
      for (const { id, body } of messages) await OUTBOX.put(`returned:${body.to}:${id}`, body.text);
      return;
    }
    for (const message of messages) {
      try {
        deliver(message.body);
        // The same key for the same message: one that is delivered twice is there once.
        await OUTBOX.put(`sent:${message.body.to}:${message.id}`, message.body.text);
        message.ack();
      } catch (error) {
        console.warn(`Attempt ${message.attempts} for ${message.body.to} failed: ${error}`);
        message.retry({ delaySeconds: message.attempts - 1 });
      }
    }
  },
};

/** Stands for a mail server. */
function deliver({ to }: Mail): void {
  if (!to.includes("@")) throw new Error("no such address");
}
