/** Nodes at a PostgreSQL server: the same promises as at NATS. */
import { fleetKills } from "../integration/fleet/fleet_kills.ts";
import { fleetPromises } from "../integration/fleet/fleet_promises.ts";
import { fleetUpgrades } from "../integration/fleet/fleet_upgrades.ts";
import { postgresEngine } from "../integration/fleet/scene_engine.ts";

const isThorough = Deno.env.get("NANO_THOROUGH") === "1";
if (!isThorough) {
  console.log("Ignored: nodes of two versions at PostgreSQL, as at NATS but for the engine; NANO_THOROUGH=1 runs them");
}

fleetPromises("PostgreSQL", { engine: postgresEngine, ignore: false });
fleetUpgrades("PostgreSQL", { engine: postgresEngine, ignore: !isThorough });
fleetKills("PostgreSQL", { engine: postgresEngine, ignore: false });
