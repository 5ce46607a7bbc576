/** How long the front door bears with slow clients, unless a test says otherwise. */
import type { Patience } from "../terms/app_call.ts";

/**
 * - An answer of which the client takes nothing for 60 s is cut, as nginx's `send_timeout` has it.
 * - A request body that the app waits for must bring 240 bytes a second over 15 s, as Kestrel's
 *   `MinRequestBodyDataRate` has it; Apache's mod_reqtimeout asks for 500.
 *
 * No key of nano.json: a client that is slower than this is a fault or an attack in every app.
 */
export const PATIENCE: Patience = { writeStallMs: 60_000, bodyWindowMs: 15_000, bodyBytesPerSecond: 240 };
