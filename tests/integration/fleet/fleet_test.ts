/** Nodes at a NATS server. */
import { NatsServer } from "../../support/nats_server.ts";
import { fleetPromises } from "./fleet_promises.ts";
import { natsEngine } from "./scene_engine.ts";

const version = await NatsServer.version();
const ignore = version === null;
console.log(ignore ? "Skipped: there is no nats-server on this machine" : `Runs on ${version}`);

fleetPromises("NATS", { engine: natsEngine, ignore });
