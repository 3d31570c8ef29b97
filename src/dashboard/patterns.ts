/** Fills of a chart's series: a colour and a pattern each, so that nobody has to tell them apart by colour. */
import { colour } from './theme.tsx';

type Draw = (pen: CanvasRenderingContext2D, size: number) => void;

const line = (pen: CanvasRenderingContext2D, ...points: readonly (readonly [number, number])[]): void => {
  pen.beginPath();
  points.forEach(([x, y], index) => {
    if (index % 2 === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  });
  pen.stroke();
};

const rising: Draw = (pen, s) => line(pen, [-1, s + 1], [s + 1, -1], [-1, 1], [1, -1], [s - 1, s + 1], [s + 1, s - 1]);
const falling: Draw = (pen, s) => line(pen, [-1, -1], [s + 1, s + 1], [s - 1, -1], [s + 1, 1], [-1, s - 1], [1, s + 1]);
const flat: Draw = (pen, s) => line(pen, [0, s / 2], [s, s / 2]);
const upright: Draw = (pen, s) => line(pen, [s / 2, 0], [s / 2, s]);
const dots: Draw = (pen, s) => {
  pen.beginPath();
  pen.arc(s / 2, s / 2, s / 4.5, 0, 2 * Math.PI);
  pen.fill();
};
const PATTERNS: readonly (Draw | undefined)[] = [undefined, rising, dots, flat, falling, upright, undefined];

/** For the series at a place; drawn for screens of this many pixels a pixel. */
export function fillOf(place: number, density: number): CanvasPattern | string {
  const base = colour(`series-${place + 1}`);
  const draw = PATTERNS[place];
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!draw || !pen) return base;
  const size = Math.round(7 * density);
  canvas.width = size;
  canvas.height = size;
  pen.fillStyle = base;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour('surface');
  pen.fillStyle = colour('surface');
  pen.lineWidth = 1.6 * density;
  draw(pen, size);
  return pen.createPattern(canvas, 'repeat') ?? base;
}
