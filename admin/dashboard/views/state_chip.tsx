/** An app's state as a chip that says what it means. */
import type { AppStateName } from "../../../runtime/mod.ts";
import { STATE_MEANINGS, stateText } from "./app_states.ts";

/** @param props.crashes deaths in a row */
export function StateChip({ state, crashes, id }: { state: AppStateName; crashes: number; id?: string }) {
  return <span class="state" data-state={state} title={STATE_MEANINGS[state]} id={id}>{stateText(state, crashes)}
  </span>;
}
