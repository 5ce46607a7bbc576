/** Nodes at a PostgreSQL server: the same promises as at NATS. */
import { fleetKills } from "../integration/fleet/fleet_kills.ts";
import { fleetPromises } from "../integration/fleet/fleet_promises.ts";
import { fleetUpgrades } from "../integration/fleet/fleet_upgrades.ts";
import { postgresEngine } from "../integration/fleet/scene_engine.ts";

fleetPromises("PostgreSQL", { engine: postgresEngine, ignore: false });
fleetUpgrades("PostgreSQL", { engine: postgresEngine, ignore: false });
fleetKills("PostgreSQL", { engine: postgresEngine, ignore: false });
