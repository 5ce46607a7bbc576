/** Hints between nodes by NATS itself: heard at once, or never. */
import type { NatsConnection } from "@nats-io/nats-core";

/**
 * Hears what others say; it ends with the connection.
 * @param onHint gets what was said; null when something may have been said that was not heard
 */
export function listenTo(connection: NatsConnection, subject: string, onHint: (said: string | null) => void): void {
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onHint(message.string());
    },
  });
  // What was said while the connection was away is never heard.
  (async () => {
    for await (const { type } of connection.status()) if (type === "reconnect") onHint(null);
  })();
  onHint(null);
}

/** Says something. */
export function hint(connection: NatsConnection, subject: string, said = ""): void {
  try {
    connection.publish(subject, said);
  } catch {
    // The connection is gone: others look by themselves within seconds.
  }
}
