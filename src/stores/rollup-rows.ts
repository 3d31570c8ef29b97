/**
 * Settled amounts, summed by quarter of an hour and dimensions in bounded memory: past the bound, old rows lose detail and
 * never money. Knows nothing of accounts or limits.
 */
import type { RollupDimension, RollupRow, SpendDimensions } from '../core/ledger.ts';
import { addSafely } from './safe-sum.ts';

/** Every zone's hours begin on a quarter of UTC's, so windows of any zone are sums of whole slots. */
const SLOT = 15 * 60_000;

/** The start of the slot that holds an instant. */
export function slotOf(at: number): number {
  return Math.floor(at / SLOT) * SLOT;
}

/**
 * How much a slot tells apart: `everything`; `callers` without sessions and tags, of which there are many; `totals` only.
 */
type Detail = 'everything' | 'callers' | 'totals';

export interface Sums {
  nanoUsd: number;
  calls: number;
  inputTokens: number;
  outputTokens: number;
}

/** Sums of all calls with the same dimensions. */
export interface StoredRow extends Sums {
  readonly dimensions: Dimensions;
}

export type Dimensions = Partial<Omit<SpendDimensions, 'inputTokens' | 'outputTokens' | 'at'>>;

interface Slot {
  readonly start: number;
  detail: Detail;
  rows: Map<string, StoredRow>;
}

export class RollupRows {
  readonly #maxRows: number;
  readonly #slots = new Map<number, Slot>();
  #rows = 0;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#rows;
  }

  add(nanoUsd: number, dimensions: SpendDimensions): void {
    const { inputTokens, outputTokens, at, ...rest } = dimensions;
    const slot = this.#slot(slotOf(at));
    this.#addTo(slot, { dimensions: rest, nanoUsd, calls: 1, inputTokens, outputTokens });
    while (this.#rows > this.#maxRows && this.#coarsen());
  }

  /** Rows of the slots that begin in `[from, to)`, summed by the dimensions asked for, dearest first. */
  query({ by, from, to }: { by: readonly RollupDimension[]; from: number; to: number }): RollupRow[] {
    const slots = [...this.#slots.values()].filter(({ start }) => start >= from && start < to);
    return groupRows(
      slots.flatMap(({ rows }) => [...rows.values()]),
      by,
    );
  }

  #slot(start: number): Slot {
    const known = this.#slots.get(start) ?? { start, detail: 'everything', rows: new Map() };
    this.#slots.set(start, known);
    return known;
  }

  #addTo(slot: Slot, { dimensions, ...sums }: StoredRow): void {
    const kept = reduced(dimensions, slot.detail);
    const key = keyOf(kept);
    const row = slot.rows.get(key);
    if (row) addSums(row, sums);
    else {
      slot.rows.set(key, { dimensions: kept, ...sums });
      this.#rows++;
    }
  }

  /** Takes detail from the oldest slot that has the most; when none has any, joins the two oldest. False if nothing is left to do. */
  #coarsen(): boolean {
    const slots = [...this.#slots.values()].sort((a, b) => a.start - b.start);
    const detailed =
      slots.find(({ detail }) => detail === 'everything') ?? slots.find(({ detail }) => detail === 'callers');
    if (detailed) this.#refill(detailed, detailed.detail === 'everything' ? 'callers' : 'totals', [detailed]);
    else if (slots.length > 1) this.#refill(slots[0]!, 'totals', slots.slice(0, 2));
    return detailed !== undefined || slots.length > 1;
  }

  #refill(slot: Slot, detail: Detail, from: readonly Slot[]): void {
    const rows = from.flatMap((source) => [...source.rows.values()]);
    this.#rows -= rows.length;
    for (const source of from) if (source !== slot) this.#slots.delete(source.start);
    slot.detail = detail;
    slot.rows = new Map();
    for (const row of rows) this.#addTo(slot, row);
  }
}

function reduced(dimensions: Dimensions, detail: Detail): Dimensions {
  if (detail === 'everything') return dimensions;
  if (detail === 'totals') return {};
  const { session: _session, tags: _tags, ...callers } = dimensions;
  return callers;
}

/** Rows summed by the dimensions asked for, dearest first. */
export function groupRows(rows: Iterable<StoredRow>, by: readonly RollupDimension[]): RollupRow[] {
  const groups = new Map<string, Sums & { group: Record<string, string | null> }>();
  for (const row of rows) {
    const values = by.map((dimension) => dimensionOf(row.dimensions, dimension));
    const key = JSON.stringify(values);
    const sums = groups.get(key) ?? {
      group: Object.fromEntries(by.map((name, at) => [name, values[at] ?? null])),
      ...zero(),
    };
    groups.set(key, sums);
    addSums(sums, row);
  }
  return [...groups.values()].sort((a, b) => b.nanoUsd - a.nanoUsd);
}

/** Equal for equal dimensions; `dimensionsOf` reads it. */
export function keyOf({
  organization,
  workspace,
  user,
  apiKey,
  session,
  provider,
  model,
  tags = {},
}: Dimensions): string {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([organization, workspace, user, apiKey, session, provider, model, sorted]);
}

/** What `keyOf` wrote. */
export function dimensionsOf(key: string): Dimensions {
  const [organization, workspace, user, apiKey, session, provider, model, tags] = JSON.parse(key) as (string | null)[];
  return {
    organization: organization ?? undefined,
    workspace: workspace ?? undefined,
    user: user ?? undefined,
    apiKey: apiKey ?? undefined,
    session: session ?? undefined,
    provider: provider ?? undefined,
    model: model ?? undefined,
    tags: Object.fromEntries((tags ?? []) as unknown as [string, string][]),
  } as Dimensions;
}

function dimensionOf(dimensions: Dimensions, dimension: RollupDimension): string | null {
  if (!dimension.startsWith('tag:')) return dimensions[dimension as Exclude<RollupDimension, `tag:${string}`>] ?? null;
  const { tags } = dimensions;
  const name = dimension.slice(4);
  return tags !== undefined && Object.hasOwn(tags, name) ? tags[name]! : null;
}

function zero(): Sums {
  return { nanoUsd: 0, calls: 0, inputTokens: 0, outputTokens: 0 };
}

function addSums(to: Sums, from: Sums): void {
  to.nanoUsd = addSafely(to.nanoUsd, from.nanoUsd);
  to.calls += from.calls;
  to.inputTokens = addSafely(to.inputTokens, from.inputTokens);
  to.outputTokens = addSafely(to.outputTokens, from.outputTokens);
}
