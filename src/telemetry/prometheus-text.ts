/**
 * OpenTelemetry's names and values as Prometheus writes them, by its specification's "Prometheus and OpenMetrics compatibility" and
 * Prometheus' text format 0.0.4. Knows no instruments.
 */
import type { Attributes, AttributeValue } from '@opentelemetry/api';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type FamilyKind = 'counter' | 'gauge' | 'histogram';

/** UCUM's codes, as Prometheus calls them; others stand as they are. */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  '%': 'percent',
};

/** `gateway.store.operation.duration` in `s` is `gateway_store_operation_duration_seconds`. */
export function familyName(name: string, unit: string, kind: FamilyKind): string {
  const withUnit = suffixed(sanitized(name, /[^a-zA-Z0-9:]+/g), unitOf(unit, kind));
  return kind === 'counter' ? suffixed(withUnit, 'total') : withUnit;
}

/** A count of something has no unit: what stands in braces says what is counted. */
function unitOf(unit: string, kind: FamilyKind): string {
  if (unit === '1') return kind === 'gauge' ? 'ratio' : '';
  const [of = '', per] = unit.replaceAll(/\{[^}]*\}/g, '').split('/');
  const words = [UNITS[of] ?? of, per ? `per_${(UNITS[per] ?? per).replace(/s$/, '')}` : ''];
  return sanitized(words.filter(Boolean).join('_'), /[^a-zA-Z0-9]+/g);
}

function suffixed(name: string, suffix: string): string {
  return suffix === '' || name.endsWith(`_${suffix}`) ? name : `${name}_${suffix}`;
}

function sanitized(name: string, invalid: RegExp): string {
  const valid = name.replaceAll(invalid, '_');
  return /^\d/.test(valid) ? `_${valid}` : valid;
}

/** `a="x",b="y"`, sorted, so that it names a series. Names that become the same one share it, as the specification says. */
export function labelsText(attributes: Attributes): string {
  const labels = new Map<string, string>();
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value === undefined) continue;
    const label = sanitized(name, /[^a-zA-Z0-9]+/g);
    const text = valueText(value);
    const before = labels.get(label);
    labels.set(label, before === undefined ? text : `${before};${text}`);
  }
  return [...labels].map(([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`).join(',');
}

export const valueText = (value: AttributeValue): string =>
  Array.isArray(value) ? JSON.stringify(value) : String(value);

export function headLines(name: string, kind: FamilyKind, help: string): string[] {
  return [...(help === '' ? [] : [`# HELP ${name} ${escaped(help)}`]), `# TYPE ${name} ${kind}`];
}

export function sampleLine(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`;
}

export function numberText(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
