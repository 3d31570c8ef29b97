/** Cost over time by a dimension, drawn and as a table, and who spent most. */
import { useMemo, useState } from 'preact/hooks';
import type { RollupResource } from '../resources/spend.ts';
import { query } from './api.ts';
import { CostChart } from './chart.tsx';
import { counted, percent, usd, whole } from './format.ts';
import { useKeyNames } from './key-names.ts';
import { type Live, useLive, useNow } from './live.ts';
import { Empty, Loaded, Section, Select } from './parts.tsx';
import { hrefOf } from './router.ts';
import { folded, type Series, seriesOf, sum } from './series.ts';
import { lastWindows, timeZone, WINDOWS, type Window, windowName } from './windows.ts';

const DIMENSIONS = [
  { value: 'workspace', label: 'Workspace' },
  { value: 'user', label: 'User' },
  { value: 'api_key', label: 'Key' },
  { value: 'model', label: 'Model' },
];
const REFRESH_MS = 15_000;
const TOP = 8;

export function Cost() {
  const [by, setBy] = useState('workspace');
  const [window, setWindow] = useState<Window>('daily');
  const [asTable, setAsTable] = useState(false);
  const now = useNow(30_000);
  const { shown } = WINDOWS.find(({ value }) => value === window)!;
  const first = lastWindows(window, shown, now)[0]!;
  // Runs again by these alone: the windows change when the first of them does
  const starts = useMemo(() => lastWindows(window, shown, now), [window, shown, first]);
  const rollup = useLive<RollupResource>(
    `v1/rollups${query({ by, window, from: new Date(first).toISOString(), time_zone: timeZone() })}`,
    REFRESH_MS,
  );
  const keyName = useKeyNames();
  const series = useMemo(
    () => (rollup.data ? seriesOf(rollup.data, starts, by === 'api_key' ? keyName : undefined) : []),
    [rollup.data, starts, by, keyName],
  );
  const label = DIMENSIONS.find(({ value }) => value === by)!.label;
  return (
    <>
      <Section
        title="Cost over time"
        aside={
          <>
            <Select label="By" value={by} choices={DIMENSIONS} onChange={setBy} />
            <Select label="Per" value={window} choices={WINDOWS} onChange={(value) => setWindow(value as Window)} />
            <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
              Table
            </button>
          </>
        }
      >
        <div class="drawn">
          <Drawn {...{ rollup, series, starts, window, asTable, label }} />
        </div>
      </Section>
      <TopSpenders {...{ rollup, series, label, shown, window }} />
    </>
  );
}

function Drawn({
  rollup,
  series,
  starts,
  window,
  asTable,
  label,
}: {
  rollup: Live<RollupResource>;
  series: readonly Series[];
  starts: readonly number[];
  window: Window;
  asTable: boolean;
  label: string;
}) {
  const names = useMemo(() => starts.map((start) => windowName(window, start)), [starts, window]);
  const longNames = useMemo(() => starts.map((start) => windowName(window, start, true)), [starts, window]);
  const shown = useMemo(() => folded(series), [series]);
  return (
    <Loaded live={rollup}>
      {() =>
        series.length === 0 ? (
          <Empty>
            Nothing was spent in this time. Calls show here once they end: <a href={hrefOf('keys')}>create a key</a> and
            send one.
          </Empty>
        ) : asTable ? (
          <CostTable names={longNames} series={shown} label={label} />
        ) : (
          <CostChart names={names} longNames={longNames} series={shown} />
        )
      }
    </Loaded>
  );
}

function CostTable({ names, series, label }: { names: readonly string[]; series: readonly Series[]; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section class="scroll" tabIndex={0} aria-label={`Cost by ${label.toLowerCase()}, as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="num">
              All
            </th>
            {series.map(({ name }) => (
              <th key={name} scope="col" class="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names
            .map((name, index) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="num strong">{usd(sum(series.map(({ costs }) => costs[index]!)))}</td>
                {series.map((one) => (
                  <td key={one.name} class="num">
                    {usd(one.costs[index]!)}
                  </td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </section>
  );
}

function TopSpenders({
  rollup,
  series,
  label,
  shown,
  window,
}: {
  rollup: Live<RollupResource>;
  series: readonly Series[];
  label: string;
  shown: number;
  window: Window;
}) {
  const total = sum(series.map((one) => one.total));
  const unit = WINDOWS.find(({ value }) => value === window)!.label.toLowerCase();
  return (
    <Section title="Top spenders" aside={<span class="quiet">last {counted(shown, unit)}</span>}>
      <Loaded live={rollup}>
        {() =>
          series.length === 0 ? (
            <Empty>Nobody spent anything in this time.</Empty>
          ) : (
            <table class="spenders">
              <thead>
                <tr>
                  <th scope="col">{label}</th>
                  <th scope="col" class="num">
                    Calls
                  </th>
                  <th scope="col" class="num">
                    Cost
                  </th>
                  <th scope="col" class="num">
                    Share
                  </th>
                </tr>
              </thead>
              <tbody>
                {series.slice(0, TOP).map((one) => (
                  <tr key={one.name}>
                    <th scope="row">{one.name}</th>
                    <td class="num">{whole(one.calls)}</td>
                    <td class="num strong">{usd(one.total)}</td>
                    <td class="num">{total > 0 ? percent(one.total / total) : ''}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Section>
  );
}
