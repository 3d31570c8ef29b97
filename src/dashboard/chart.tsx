/** Cost over time: bars of uPlot, stacked, with a legend that says what the pointer is over. The same figures stand in a table beside it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { shortUsd, usd } from './format.ts';
import { useWidth } from './live.ts';
import { fillOf } from './patterns.ts';
import { type Series, sum } from './series.ts';
import { colour, useColours } from './theme.tsx';

export interface ChartProps {
  /** Of the windows, oldest first: short for the axis, long for the legend. */
  readonly names: readonly string[];
  readonly longNames: readonly string[];
  readonly series: readonly Series[];
}

export function CostChart({ names, longNames, series }: ChartProps) {
  const [box, width] = useWidth();
  const colours = useColours();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const [over, setOver] = useState<number | undefined>(undefined);
  const height = Math.round(Math.min(340, Math.max(190, width * 0.34)));
  // What the chart is made of; figures alone are put into the one that is there, so that nothing flickers.
  const shape = JSON.stringify([names, series.map(({ name }) => name), colours, width > 0]);
  // Runs again by these alone: `shape` stands for all of them
  useEffect(() => {
    if (width === 0 || !place.current) return;
    const made = new uPlot(
      optionsOf(names, series.length, width, height, setOver),
      stacked(series, names.length),
      place.current,
    );
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = undefined;
    };
  }, [shape]);
  useEffect(() => chart.current?.setSize({ width, height }), [width, height]);
  useEffect(() => chart.current?.setData(stacked(series, names.length)), [series, names.length]);
  return (
    <div class="chart" ref={box}>
      <div ref={place} class="plot" style={{ height: `${height}px` }} aria-hidden="true" />
      <p class="over" aria-hidden="true">
        {over === undefined ? 'All of it' : longNames[over]}
        {': '}
        <b>{usd(sum(series.map(({ costs, total }) => (over === undefined ? total : (costs[over] ?? 0)))))}</b>
      </p>
      <ul class="legend">
        {series.map(({ name, costs, total }, index) => (
          <li key={name}>
            <Swatch index={index} colours={colours} />
            <span class="name">{name}</span>{' '}
            <span class="num">{usd(over === undefined ? total : (costs[over] ?? 0))}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Swatch({ index, colours }: { index: number; colours: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Runs again by these alone: `colours` says that they are others now
  useEffect(() => {
    const pen = canvas.current?.getContext('2d');
    if (!pen) return;
    pen.fillStyle = fillOf(index, 2);
    pen.fillRect(0, 0, 28, 28);
  }, [index, colours]);
  return <canvas ref={canvas} class="swatch" width={28} height={28} />;
}

/** From 0 to the sum of a series and those before it; the highest is drawn first, so that each covers the foot of the one before. */
function stacked(series: readonly Series[], length: number): uPlot.AlignedData {
  const sums = Array.from({ length }, () => 0);
  const layers = series.map(({ costs }) => {
    for (let i = 0; i < length; i++) sums[i] = sums[i]! + (costs[i] ?? 0);
    return [...sums];
  });
  // No bar of nothing, whose edge would be seen.
  return [sums.map((_, index) => index), ...layers.reverse().map((layer) => layer.map((value) => value || null))];
}

function optionsOf(
  names: readonly string[],
  count: number,
  width: number,
  height: number,
  onOver: (index: number | undefined) => void,
): uPlot.Options {
  const density = devicePixelRatio || 1;
  const bars = uPlot.paths.bars!({ size: [0.72, 48] });
  const { fontFamily, fontSize } = getComputedStyle(document.body);
  const em = Number.parseFloat(fontSize);
  const font = `${Math.round(0.86 * em)}px ${fontFamily}`;
  const axis = { stroke: colour('muted'), font, ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [12, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: [-0.5, names.length - 0.5] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 2 * em,
        space: 4.6 * em,
        incrs: [1, 2, 3, 4, 6, 7, 8, 12, 24],
        values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? (names[split] ?? '') : '')),
      },
      {
        ...axis,
        grid: { stroke: colour('line'), width: 1 },
        size: 4.2 * em,
        values: (_, splits) => splits.map(shortUsd),
      },
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, layer) => ({
        paths: bars,
        points: { show: false },
        stroke: colour('surface'),
        width: 1,
        fill: () => fillOf(count - 1 - layer, density) as string,
      })),
    ],
    hooks: { setCursor: [({ cursor: { idx } }) => onOver(idx ?? undefined)] },
  };
}
