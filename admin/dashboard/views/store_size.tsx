/** What a store holds of what it may hold. */
import { bytesText } from "../../schemas/figures.ts";

/** From here on it is nearly full. */
const HIGH = 0.8;

/** A bar, and the same as a text. */
export function StoreSize({ bytes, maxBytes }: { bytes: number; maxBytes: number }) {
  return (
    <span class="storesize">
      <meter min={0} max={maxBytes} high={maxBytes * HIGH} value={Math.min(bytes, maxBytes)} aria-hidden="true"></meter>
      <span class="nowrap">
        {bytesText(bytes)} <span class="muted">of {bytesText(maxBytes)}</span>
      </span>
    </span>
  );
}
