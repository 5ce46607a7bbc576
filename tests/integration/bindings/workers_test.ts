/** Bindings answer as those of Workers, case by case. */
import { workersCases } from "./workers_promises.ts";

Deno.test("KV, D1, R2, queues and services answer as those of Workers do, case by case", () => workersCases());
