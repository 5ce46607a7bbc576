/** Plots of the measured figures, as inline SVG that follows the theme of the page. */

/** The shape of docs/benchmarks.json. */
export interface Benchmarks {
  readonly machine: string;
  /** Throughput against a raw `Deno.serve` in the same run, where 1 is as fast. */
  readonly ratios: readonly (Range & { readonly note: string })[];
  /** Milliseconds. */
  readonly times: readonly Range[];
}

/** The least and the most that was measured. */
export interface Range {
  readonly what: string;
  readonly low: number;
  readonly high: number;
}

const WIDTH = 440;
const ROW = 52;
const BAR = 16;
/** Room for the figure behind a bar. */
const LABEL = 110;

/** Bars of throughput as a share of raw `Deno.serve`. */
export function ratioPlot({ ratios }: Benchmarks): string {
  return plot("Throughput against a raw Deno.serve", ratios, {
    full: 1,
    label: ({ low, high }) => low === high ? String(low) : `${low} to ${high}`,
    marks: [{ at: 1, text: "raw Deno.serve" }],
  });
}

/** Bars of times. */
export function timePlot({ times }: Benchmarks): string {
  const most = Math.max(...times.map(({ high }) => high));
  return plot("Times in milliseconds", times, {
    full: most * 1.25,
    label: ({ low, high }) => `${low} to ${high} ms`,
    marks: [],
  });
}

function plot(
  title: string,
  rows: readonly Range[],
  scale: {
    readonly full: number;
    readonly label: (row: Range) => string;
    readonly marks: readonly { readonly at: number; readonly text: string }[];
  },
): string {
  const x = (value: number) => Math.round(value / scale.full * (WIDTH - LABEL));
  const height = rows.length * ROW + (scale.marks.length > 0 ? 24 : 0);
  const lines = scale.marks.map(({ at }) => x(at));
  // No line runs through a figure.
  const labelAt = (end: number) =>
    8 + Math.max(end, ...lines.filter((line) => line >= end && line < end + LABEL * 0.7));
  const bars = rows.map((row, index) => {
    const top = index * ROW + 14;
    // The darker part is the least, the lighter one reaches to the most.
    return `<text x="0" y="${top}">${escaped(row.what)}</text>` +
      `<rect class="nano" opacity="0.45" x="0" y="${top + 8}" width="${x(row.high)}" height="${BAR}" rx="2"/>` +
      `<rect class="nano" x="0" y="${top + 8}" width="${x(row.low)}" height="${BAR}" rx="2"/>` +
      `<text class="quiet" x="${labelAt(x(row.high))}" y="${top + 21}">${escaped(scale.label(row))}</text>`;
  });
  const marks = scale.marks.map(({ at, text }) =>
    `<rect class="raw" x="${x(at)}" y="0" width="2" height="${height - 20}"/>` +
    `<text class="quiet" x="${x(at) + 2}" y="${height - 4}" text-anchor="middle">${escaped(text)}</text>`
  );
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">` +
    `<title>${escaped(title)}</title>${bars.join("")}${marks.join("")}</svg>`;
}

function escaped(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
