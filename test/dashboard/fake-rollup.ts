/** Rollups of the fake admin API: the real windows and labels, invented figures that are the same in each run. */
import { type SpendWindowKind, spendWindow } from '../../src/spend/windows.ts';

const VALUES: Readonly<Record<string, readonly (string | null)[]>> = {
  workspace: ['platform', 'rd-eu', 'rd-us', 'support', null],
  user: ['ada', 'mei.lin', 'jo.okafor', 'tomás', 'svc-nightly-reports', 'kim', 'lea', 'sam', 'ines', null],
  api_key: ['key_1', 'key_2', 'key_3'],
  model: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'openai/gpt-4o-mini', 'cluster/llama-in-house'],
};

const DAILY_USD = 42;
const DAYS: Readonly<Record<SpendWindowKind, number>> = {
  hourly: 1 / 14,
  daily: 1,
  weekly: 5,
  monthly: 22,
  lifetime: 200,
};

interface FakeRow {
  readonly group: Readonly<Record<string, string | null>>;
  readonly window?: string;
  readonly cost_usd: string;
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export function fakeRollup(search: URLSearchParams, isEmpty: boolean): unknown {
  const by = (search.get('by') ?? '').split(',').filter(Boolean);
  const window = (search.get('window') ?? 'daily') as SpendWindowKind;
  const zone = search.get('time_zone') ?? 'UTC';
  const now = Date.now();
  const from = search.get('from');
  const windows = windowsSince(window, from === null ? now : Date.parse(from), now, zone);
  const rows = isEmpty
    ? []
    : windows.flatMap(({ label }, index) => rowsOf(by[0]!, window, index, from === null ? {} : { window: label }));
  return {
    by,
    window,
    label: windows.at(-1)!.label,
    start: new Date(windows[0]!.start).toISOString(),
    end: new Date(windows.at(-1)!.resetsAt!).toISOString(),
    rows,
  };
}

function rowsOf(dimension: string, window: SpendWindowKind, index: number, label: { window?: string }): FakeRow[] {
  return (VALUES[dimension] ?? [null]).map((value, place) => {
    const wave = 1 + 0.6 * Math.sin(index / 2 + place) + 0.35 * Math.cos(index * 1.7 + 2 * place);
    const cost = Math.max(0, (wave * DAILY_USD * DAYS[window]) / (place + 1));
    return {
      group: { [dimension]: value },
      ...label,
      cost_usd: cost.toFixed(9),
      calls: Math.round(cost * 9),
      input_tokens: Math.round(cost * 90_000),
      output_tokens: Math.round(cost * 7_000),
    };
  });
}

function windowsSince(window: SpendWindowKind, from: number, to: number, zone: string) {
  const windows = [spendWindow(window, from, zone)];
  while (windows.at(-1)!.resetsAt! <= to) windows.push(spendWindow(window, windows.at(-1)!.resetsAt!, zone));
  return windows;
}
