import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, type AuditRecord, EMPTY_HEAD, type StateHead } from '../../src/core/state.ts';
import { auditRows, chained, rowFault, verifyChain } from '../../src/state/audit-chain.ts';
import { canonicalJson } from '../../src/state/canonical-json.ts';
import { jsonValues } from '../json/texts.ts';

const AT = Date.UTC(2026, 10, 26, 12);
const OPERATIONS = ['create_gateway_key', 'update_gateway_policy', 'rotate_gateway_key', 'delete_gateway_policy'];

const entryOf = (place: number): AuditEntry => ({
  actor: { kind: place % 3 === 0 ? 'system' : 'admin_token', name: `operator-${place % 7}` },
  operation: OPERATIONS[place % OPERATIONS.length]!,
  resource: { type: 'gateway_key', id: `k${place}`, name: `Größe "${place}" – λ\n` },
  changes: { limit_usd: { from: place / 4, to: '5.00' }, tags: { to: { team: `t${place}`, on: place % 2 === 0 } } },
  requestId: place % 5 === 0 ? undefined : `req-${place}`,
});

function chainOf(length: number): AuditRecord[] {
  const rows: AuditRecord[] = [];
  let head: StateHead = EMPTY_HEAD;
  for (let place = 0; place < length; place++) {
    const row = chained(entryOf(place), head, AT + place * 1_000);
    rows.push(row);
    head = row;
  }
  return rows;
}

const headOf = ({ seq, hash }: StateHead): StateHead => ({ seq, hash });

describe('the chain', () => {
  const rows = chainOf(1_000);

  it('is whole as it was written, and also when its keys come in another order', async () => {
    const reversed = rows.map((row) => Object.fromEntries(Object.entries(row).reverse()) as unknown as AuditRecord);

    expect(await verifyChain(rows)).toEqual({ ok: true, rows: 1_000, head: headOf(rows.at(-1)!) });
    expect(await verifyChain(reversed, headOf(rows.at(-1)!))).toMatchObject({ ok: true });
    expect(await verifyChain([])).toEqual({ ok: true, rows: 0, head: EMPTY_HEAD });
  });

  it('says after JSON what it said before', () => {
    const record = chained(
      { ...entryOf(1), changes: { when: { to: new Date(AT), from: Number.NaN } } },
      EMPTY_HEAD,
      AT,
    );

    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    expect(rowFault(record, EMPTY_HEAD)).toBeUndefined();
  });

  it.each<[string, number, (rows: AuditRecord[]) => void]>([
    ['an edited row', 500, (all) => all.splice(499, 1, { ...all[499]!, actor: { kind: 'cli', name: 'eve' } })],
    ['a row that was taken out', 500, (all) => all.splice(499, 1)],
    ['a row that was put in', 501, (all) => all.splice(500, 0, { ...all[499]! })],
    ['rows in another order', 500, (all) => all.splice(499, 2, all[500]!, all[499]!)],
    [
      'a row that was put in with a hash of its own',
      502,
      (all) => all.splice(500, 0, chained(entryOf(9), all[499]!, AT)),
    ],
    ['an edited row with a new hash', 501, (all) => all.splice(499, 1, chained(entryOf(9), all[498]!, AT))],
    ['a first row that is gone', 1, (all) => all.shift()],
    [
      'a row without a field',
      3,
      (all) => all.splice(2, 1, { ...all[2]!, requestId: undefined, extra: 1 } as AuditRecord),
    ],
    ['a number that is none', 7, (all) => all.splice(6, 1, { ...all[6]!, seq: '7' as unknown as number })],
  ])('shows %s, and names the first row that does not fit', async (_name, seq, edit) => {
    const edited = [...rows];
    edit(edited);

    const result = await verifyChain(edited);

    expect(result).toMatchObject({ ok: false, rows: seq - 1, broken: { seq } });
  });

  it('shows that rows were cut off, or all written anew, to whoever noted a head', async () => {
    const forged = chainOf(1_000).slice(0, 997);
    let head: StateHead = headOf(forged.at(-1)!);
    for (let place = 0; place < 3; place++) {
      const row = chained(entryOf(place), head, AT);
      forged.push(row);
      head = row;
    }

    expect(await verifyChain(rows.slice(0, 900))).toMatchObject({ ok: true });
    expect(await verifyChain(rows.slice(0, 900), headOf(rows.at(-1)!))).toMatchObject({
      ok: false,
      broken: { seq: 901, reason: expect.stringContaining('cut off') as string },
    });
    expect(await verifyChain(forged)).toMatchObject({ ok: true });
    expect(await verifyChain(forged, headOf(rows.at(-1)!))).toMatchObject({ ok: false, broken: { seq: 1_000 } });
    expect(await verifyChain(rows, headOf(rows[300]!))).toMatchObject({ ok: true, rows: 1_000 });
  });

  /** What a byte can turn into: each of its bits, another letter, nothing. */
  const FLIPS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];
  const decoder = new TextDecoder();

  /** Undefined: it is no JSON any more. Else whether the change was seen. */
  function seen(row: AuditRecord, head: StateHead, bytes: Uint8Array, at: number, flip: number): boolean | undefined {
    bytes[at]! ^= flip;
    const text = decoder.decode(bytes);
    bytes[at]! ^= flip;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return undefined;
    }
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    // `\u001f` and `\u001F` are one character: such a row says what it said.
    return rowFault(parsed as AuditRecord, head) !== undefined || canonicalJson(parsed) === canonicalJson(row);
  }

  it('shows a change of any one byte of 1,000 stored rows', () => {
    let [flips, readable] = [0, 0];
    const missed: string[] = [];
    for (const [place, row] of rows.entries()) {
      const head = place === 0 ? EMPTY_HEAD : rows[place - 1]!;
      const bytes = new TextEncoder().encode(JSON.stringify(row));
      // Every byte of every hundredth row by every bit; of the others a byte in six by one bit, others in each row.
      const isWhole = place % 100 === 0;
      const each = isWhole ? FLIPS : [FLIPS[place % FLIPS.length]!];
      for (let at = isWhole ? 0 : place % 6; at < bytes.length; at += isWhole ? 1 : 6) {
        for (const flip of each) {
          const result = seen(row, head, bytes, at, flip);
          flips++;
          if (result !== undefined) readable++;
          if (result === false) missed.push(`row ${row.seq}, byte ${at}, ${flip}`);
        }
      }
    }

    expect(missed).toEqual([]);
    expect(flips).toBeGreaterThan(100_000);
    expect(readable).toBeGreaterThan(flips / 2);
  });

  it('names the row whose byte was changed', async () => {
    for (let place = 0; place < rows.length; place += 97) {
      const stored = rows.map((row) => JSON.stringify(row));
      stored[place] = stored[place]!.replace('operator-', 'operator_');

      const result = await verifyChain(stored.map((text) => JSON.parse(text) as AuditRecord));

      expect(result).toMatchObject({
        ok: false,
        broken: { seq: place + 1, reason: expect.stringContaining('changed') as string },
      });
    }
  });

  it('lets others get their turn while it is read', async () => {
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);

    const audit = async (from: number, limit: number) => rows.slice(from - 1, from - 1 + limit);
    await verifyChain(auditRows({ audit }));
    isDone = true;

    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('is read page by page to its end, whatever numbers stand in it', async () => {
    const source = (all: readonly AuditRecord[]) => ({
      audit: async (from: number, limit: number) => all.slice(from - 1, from - 1 + limit),
    });
    const collected: AuditRecord[] = [];
    for await (const row of auditRows(source(chainOf(1_203)))) collected.push(row);
    expect(collected.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_203 }, (_, place) => place + 1));

    const odd = rows.with(499, { ...rows[499]!, seq: -3 });
    let count = 0;
    for await (const _row of auditRows(source(odd))) count++;
    expect(count).toBe(1_000);
  });
});

describe('canonical JSON', () => {
  it('is the same for the same value, and parses to it', () => {
    fc.assert(
      fc.property(jsonValues, (given) => {
        const value: unknown = JSON.parse(JSON.stringify(given));
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('keeps keys that objects have of their own', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"constructor":2}'))).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    );
  });
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const text = Object.entries(value)
    .reverse()
    .map(([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(shuffled(inner))}`);
  return JSON.parse(`{${text.join(',')}}`);
}
