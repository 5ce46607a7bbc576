/** Draws a sparkline as two SVG paths; colours come from the style sheet, so themes need no redraw. */

const WIDTH = 100;
const HEIGHT = 20;
const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * An empty sparkline, hidden from assistive technology: the figure beside it tells the value.
 * @param {string} [extraClass]
 */
export function createSpark(extraClass = "") {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("class", `spark ${extraClass}`.trim());
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const area = document.createElementNS(NAMESPACE, "path");
  area.setAttribute("class", "area");
  svg.append(area, document.createElementNS(NAMESPACE, "path"));
  return svg;
}

/**
 * @param {SVGElement} svg from createSpark
 * @param {readonly (number | null)[]} values oldest first; null is a gap
 * @param {number} length how many values fill the width
 */
export function drawSpark(svg, values, length) {
  const { line, area } = sparkPaths(values, length);
  // Nothing happened: the line is there and says nothing
  const isFlat = String(!values.some((value) => value !== null && value > 0));
  if (svg.dataset.flat !== isFlat) svg.dataset.flat = isFlat;
  svg.firstElementChild?.setAttribute("d", area);
  svg.lastElementChild?.setAttribute("d", line);
}

/**
 * @param {readonly (number | null)[]} values
 * @param {number} length
 */
export function sparkPaths(values, length) {
  const shown = values.slice(-length);
  const offset = length - shown.length;
  const highest = shown.reduce((/** @type {number} */ top, value) => Math.max(top, value ?? 0), 0);
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
