/** All families of the corpus, in the order in which they run. */
import type { HostileFamily } from "./hostile_case.ts";
import { ANSWER_CASES } from "./cases/answer_cases.ts";
import { BINDING_CASES } from "./cases/binding_cases.ts";
import { CLIENT_CASES } from "./cases/client_cases.ts";
import { CONNECTION_CASES } from "./cases/connection_cases.ts";
import { CPU_CASES } from "./cases/cpu_cases.ts";
import { HOST_CASES } from "./cases/host_cases.ts";
import { LIBRARY_CASES } from "./cases/library_cases.ts";
import { MEMORY_CASES } from "./cases/memory_cases.ts";
import { NATIVE_CASES } from "./cases/native_cases.ts";
import { NETWORK_CASES } from "./cases/network_cases.ts";
import { ODD_CASES } from "./cases/odd_cases.ts";
import { OPERATOR_CASES } from "./cases/operator_cases.ts";
import { PROTOCOL_CASES } from "./cases/protocol_cases.ts";
import { REACH_CASES } from "./cases/reach_cases.ts";
import { START_CASES } from "./cases/start_cases.ts";
import { SURFACE_CASES } from "./cases/surface_cases.ts";
import { TAMPER_CASES } from "./cases/tamper_cases.ts";
import { WALK_CASES } from "./cases/walk_cases.ts";

/** Families of attacks. */
export const FAMILIES: readonly HostileFamily[] = [
  { name: "reach", cases: REACH_CASES },
  { name: "tamper", cases: TAMPER_CASES },
  { name: "memory", cases: MEMORY_CASES },
  { name: "cpu", cases: CPU_CASES },
  { name: "natives", cases: NATIVE_CASES },
  { name: "library", cases: LIBRARY_CASES },
  { name: "walks", cases: WALK_CASES },
  { name: "protocol", cases: PROTOCOL_CASES },
  { name: "answers", cases: ANSWER_CASES },
  { name: "odd values", cases: ODD_CASES },
  { name: "start", cases: START_CASES },
  { name: "network", cases: NETWORK_CASES },
  { name: "connections", cases: CONNECTION_CASES },
  { name: "surface", cases: SURFACE_CASES },
  { name: "bindings", cases: BINDING_CASES },
  { name: "clients", cases: CLIENT_CASES },
  { name: "host", cases: HOST_CASES },
  { name: "operator", cases: OPERATOR_CASES },
];

/** Take about as long as the others: 10 of 20 minutes. */
export const FIRST_HALF: readonly HostileFamily[] = FAMILIES.filter(({ name }) =>
  ["memory", "natives", "reach"].includes(name)
);
