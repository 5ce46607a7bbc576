/** A sparkline as two SVG paths; colours come from the style sheet, so themes need no redraw. */

const WIDTH = 100;
const HEIGHT = 20;

/** How many values fill the width. */
export const SPARK_POINTS = 60;

/**
 * Hidden from assistive technology: the figure beside it tells the value.
 *
 * @param props.values oldest first; null is a gap
 */
export function Sparkline({ values, tone = "" }: { values: readonly (number | null)[]; tone?: "" | "bad" }) {
  const { line, area } = sparkPaths(values, SPARK_POINTS);
  // Nothing happened: the line is there and says nothing
  const isFlat = !values.some((value) => value !== null && value > 0);
  return (
    <svg
      class={`spark ${tone}`.trim()}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-flat={String(isFlat)}
    >
      <path class="area" d={area} />
      <path d={line} />
    </svg>
  );
}

/** The line and the area below it. @param length how many values fill the width */
export function sparkPaths(values: readonly (number | null)[], length: number): { line: string; area: string } {
  const shown = values.slice(-length);
  const offset = length - shown.length;
  const highest = shown.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  const scale = highest > 0 ? (HEIGHT - 2) / highest : 0;
  let line = "";
  let area = "";
  let start = "";
  let last = "";
  shown.forEach((value, index) => {
    if (value === null) {
      if (last !== "") area += `V${HEIGHT}H${start}Z`;
      last = "";
      return;
    }
    const x = ((offset + index) / (length - 1) * WIDTH).toFixed(1);
    const y = (HEIGHT - 1 - value * scale).toFixed(1);
    if (last === "") {
      line += `M${x} ${y}`;
      area += `M${x} ${HEIGHT}V${y}`;
      start = x;
    } else {
      line += `L${x} ${y}`;
      area += `L${x} ${y}`;
    }
    last = x;
  });
  if (last !== "") area += `V${HEIGHT}H${start}Z`;
  return { line, area };
}
