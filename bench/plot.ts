/** Plots as SVG for pages that are read in light and in dark: lines over points, with the range of each point as a bar. */

export interface Point {
  readonly x: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Plot {
  readonly title: string;
  /** With its unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  /** Where both grow together; otherwise the vertical axis is straight and begins at nothing. The horizontal one is in powers always. */
  readonly logarithmic: boolean;
  readonly lines: readonly Line[];
}

const [WIDTH, HEIGHT] = [640, 340];
const AREA = { left: 76, right: 20, top: 62, bottom: 54 };
const [RIGHT, BOTTOM] = [WIDTH - AREA.right, HEIGHT - AREA.bottom];
const BAR = 4;

const STYLE = `
  svg { font: 12px ui-sans-serif, system-ui, sans-serif; background: #ffffff }
  text { fill: #59636e } .title { fill: #1f2328; font-size: 14px; font-weight: 600 }
  .grid { stroke: #d1d9e0; stroke-width: 1 } .axis { stroke: #59636e; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 } .range { stroke-width: 1.5 }
  .s0 { stroke: #0969da } .f0 { fill: #0969da } .s1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 } .s2 { stroke: #1a7f37 } .f2 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d } .axis { stroke: #9198a1 }
    .s0 { stroke: #4493f8 } .f0 { fill: #4493f8 } .s1 { stroke: #f0883e } .f1 { fill: #f0883e } .s2 { stroke: #3fb950 } .f2 { fill: #3fb950 }
  }
`;

interface Axis {
  at(value: number): number;
  readonly ticks: readonly number[];
}

export function svgOf(plot: Plot): string {
  const points = plot.lines.flatMap((line) => line.points);
  const x = logAxis(
    points.map((point) => point.x),
    AREA.left + 10,
    RIGHT - 10,
  );
  const heights = points.flatMap(({ min, max }) => [min, max]);
  const y = plot.logarithmic ? logAxis(heights, BOTTOM, AREA.top) : straightAxis(heights, BOTTOM, AREA.top);
  const parts = [grid(x, y), ...plot.lines.map((line, index) => curve(line, index, x, y)), labels(plot)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(plot.title)}">
<style>${STYLE}</style>
${parts.join('\n')}
</svg>
`;
}

/** Ticks at the powers of ten within, or at the points themselves where those are fewer than three. */
function logAxis(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => value > 0);
  const [low, high] = [Math.log10(Math.min(...positive)), Math.log10(Math.max(...positive))];
  const span = high - low || 1;
  const powers = Array.from({ length: 14 }, (_, index) => 10 ** (index - 4)).flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  const within = powers.filter((tick) => Math.log10(tick) >= low - 0.01 && Math.log10(tick) <= high + 0.01);
  const tens = within.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6));
  return {
    at: (value) => from + ((Math.log10(Math.max(value, 1e-9)) - low) / span) * (to - from),
    ticks: tens.length >= 3 ? tens : within,
  };
}

function straightAxis(values: readonly number[], from: number, to: number): Axis {
  const most = Math.max(...values);
  const ten = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2].map((part) => part * ten).find((part) => most / part <= 6) ?? 2 * ten;
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { at: (value) => from + (value / top) * (to - from), ticks };
}

function grid(x: Axis, y: Axis): string {
  const across = y.ticks.map(
    (tick) =>
      `<path class="grid" d="M${AREA.left} ${px(y.at(tick))}H${RIGHT}"/><text x="${AREA.left - 8}" y="${px(y.at(tick) + 4)}" text-anchor="end">${number(tick)}</text>`,
  );
  const along = x.ticks.map(
    (tick) =>
      `<path class="axis" d="M${px(x.at(tick))} ${BOTTOM}v5"/><text x="${px(x.at(tick))}" y="${BOTTOM + 19}" text-anchor="middle">${number(tick)}</text>`,
  );
  return [...across, `<path class="axis" d="M${AREA.left} ${BOTTOM}H${RIGHT}"/>`, ...along].join('\n');
}

function curve({ points }: Line, index: number, x: Axis, y: Axis): string {
  const path = points.map((point) => `${px(x.at(point.x))} ${px(y.at(point.median))}`).join('L');
  const marks = points.map((point) => {
    const [across, low, high] = [px(x.at(point.x)), px(y.at(point.min)), px(y.at(point.max))];
    const bar = `M${across} ${low}V${high}M${across - BAR} ${low}h${2 * BAR}M${across - BAR} ${high}h${2 * BAR}`;
    return `<path class="range s${index}" d="${bar}"/><circle class="f${index}" cx="${across}" cy="${px(y.at(point.median))}" r="3.5"/>`;
  });
  return `<path class="line s${index}" d="M${path}"/>\n${marks.join('\n')}`;
}

function labels({ title, xLabel, yLabel, lines }: Plot): string {
  let left = AREA.left;
  const legend = lines.map(({ name }, index) => {
    const entry = `<circle class="f${index}" cx="${left + 4}" cy="44" r="4"/><text x="${left + 14}" y="48">${escaped(name)}</text>`;
    left += 34 + name.length * 6.4;
    return entry;
  });
  const middle = (AREA.top + BOTTOM) / 2;
  return [
    `<text class="title" x="${AREA.left}" y="24">${escaped(title)}</text>`,
    ...legend,
    `<text x="${(AREA.left + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">${escaped(yLabel)}</text>`,
  ].join('\n');
}

const px = (value: number): number => Math.round(value * 10) / 10;
const number = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en');
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
