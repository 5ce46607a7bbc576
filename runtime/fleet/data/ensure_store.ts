/** Makes the stream of a store whose messages may say how long they are kept, where the servers know that. */
import { StorageType } from "@nats-io/jetstream";
import type { Reached } from "../nats_session.ts";
import { ensureStream } from "../nats_streams.ts";
import { forgetsMessages } from "../nats_version.ts";

/** @param store.starts what its subjects begin with @param store.replicas copies, when it is made */
export async function ensureStore(
  { jsm, connection }: Reached,
  { stream, starts, replicas }: {
    readonly stream: string;
    readonly starts: readonly string[];
    readonly replicas: number;
  },
): Promise<void> {
  const plan = {
    name: stream,
    subjects: starts.map((start) => `${start}>`),
    storage: StorageType.File,
    keptMs: null,
    isTimed: forgetsMessages(connection.info?.version ?? ""),
  };
  await ensureStream(jsm, plan, replicas);
}
