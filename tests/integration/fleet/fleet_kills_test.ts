/** Nodes at three NATS servers, under kills. */
import { NatsServer } from "../../support/nats_server.ts";
import { fleetKills } from "./fleet_kills.ts";
import { natsServersEngine } from "./scene_engine.ts";

const version = await NatsServer.version();
console.log(version === null ? "Skipped: there is no nats-server on this machine" : `Runs on ${version}`);

fleetKills("Three NATS servers", { engine: natsServersEngine, ignore: version === null });
