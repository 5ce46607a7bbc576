/** A fleet's engine on real NATS servers. */
import { natsEngine } from "../../runtime/fleet/engine_config.ts";
import { NatsStore } from "../../runtime/fleet/nats_store.ts";
import { natsBinary, versionOf } from "../support/nats_binary.ts";
import { conform, SHORT_TIMES } from "./fleet_conformance.ts";
import { NatsServers } from "./nats_servers.ts";

for (const count of [1, 3] as const) {
  Deno.test(`NATS does what every engine does, with servers: ${count}`, async (t) => {
    await using servers = await NatsServers.start({ count });
    console.log(`nats-server ${await versionOf(natsBinary()!)} (${natsBinary()})`);
    await conform(t, {
      open: (space) =>
        new NatsStore(natsEngine({
          servers: servers.addresses,
          name: "test",
          space,
          allowsOldServer: true,
          times: SHORT_TIMES,
        })),
      pass: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
  });
}
