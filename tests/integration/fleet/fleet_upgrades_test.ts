/** Nodes of two versions at a NATS server. */
import { NatsServer } from "../../support/nats_server.ts";
import { fleetUpgrades } from "./fleet_upgrades.ts";
import { natsEngine } from "./scene_engine.ts";

const version = await NatsServer.version();
console.log(version === null ? "Skipped: there is no nats-server on this machine" : `Runs on ${version}`);

fleetUpgrades("NATS", { engine: natsEngine, ignore: version === null });
