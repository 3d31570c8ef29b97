/** Who changed what, newest first, and the proof that nobody changed the log. */
import { useState } from 'preact/hooks';
import type { AuditResource, AuditVerification } from '../resources/operation.ts';
import { query } from './api.ts';
import { counted, jsonText, localClock, whole, words } from './format.ts';
import { useDoing, useLive } from './live.ts';
import { Badge, Button, Empty, Heading, Loaded, Problem, Section, When } from './parts.tsx';
import { hrefOf } from './router.ts';
import { useSession } from './session.ts';

interface AuditAnswer {
  readonly records: readonly AuditResource[];
  readonly head: { readonly seq: number; readonly hash: string };
}

const SHOWN = 50;
const WHO: Readonly<Record<AuditResource['actor']['kind'], string>> = {
  admin_token: 'token',
  cli: 'command line',
  system: 'server',
};
const PLACES: Readonly<Record<string, string>> = { policy: 'policies', key: 'keys' };

export function Audit() {
  const { api } = useSession();
  const newest = useLive<AuditAnswer>(`v1/audit${query({ limit: SHOWN })}`, 10_000);
  const [older, setOlder] = useState<readonly AuditResource[]>([]);
  const { busy, error, run } = useDoing();
  const last = older.at(-1) ?? newest.data?.records.at(-1);
  const more = (): Promise<void> =>
    run(async () => {
      const { records } = await api.get<AuditAnswer>(`v1/audit${query({ before: last!.seq, limit: SHOWN })}`);
      // What slipped from the newest page meanwhile lies between the two.
      setOlder((before) => [...before, ...records]);
    });
  return (
    <>
      <Heading title="Audit" aside={<Export />} />
      <Verification />
      <Section title="Changes" aside={newest.data && <span class="quiet">{counted(newest.data.head.seq, 'row')}</span>}>
        <Loaded live={newest}>
          {({ records }) =>
            records.length === 0 ? (
              <Empty>
                Nothing was changed yet. Each change of a policy, key, override or price is written here:{' '}
                <a href={hrefOf('keys', 'new')}>create a key</a>.
              </Empty>
            ) : (
              <>
                <Rows records={joined(records, older)} />
                <Problem error={error} />
                {last!.seq > 1 && (
                  <p class="more">
                    <Button busy={busy} onClick={more}>
                      Show older
                    </Button>
                  </p>
                )}
              </>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}

/** By number, each once. */
function joined(newest: readonly AuditResource[], older: readonly AuditResource[]): readonly AuditResource[] {
  return [...new Map([...newest, ...older].map((row) => [row.seq, row])).values()].sort((a, b) => b.seq - a.seq);
}

function Verification() {
  const { api } = useSession();
  const { busy, error, run } = useDoing();
  const [result, setResult] = useState<{ readonly at: number; readonly said: AuditVerification } | undefined>(
    undefined,
  );
  const verify = (): Promise<void> =>
    run(async () => {
      setResult({ said: await api.get<AuditVerification>('v1/audit/verify'), at: Date.now() });
    });
  return (
    <Section
      title="Verification"
      aside={
        <Button kind="primary" busy={busy} onClick={verify}>
          {busy ? 'Verifying …' : 'Verify the log'}
        </Button>
      }
    >
      <Problem error={error} />
      <div role="status">{result ? <Result {...result} /> : <Explained />}</div>
    </Section>
  );
}

function Explained() {
  return (
    <p class="quiet">
      Every row holds the hash of the row before it, so a row that was changed, taken out or moved breaks the chain.
      Verifying computes all of them again.
    </p>
  );
}

function Result({ at, said: { ok, rows, head, broken } }: { at: number; said: AuditVerification }) {
  return (
    <>
      <p class={ok ? 'verdict' : 'verdict problem'}>
        <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'Whole' : 'Broken'}</Badge>{' '}
        {ok ? (
          `The chain holds over ${counted(rows, 'row')}.`
        ) : (
          <>
            <b>
              The first row that does not fit is{' '}
              {broken ? <a href={`#row-${broken.seq}`} onClick={toRow}>{`row ${whole(broken.seq)}`}</a> : 'unknown'}
            </b>
            {broken && `: ${broken.reason}`}
          </>
        )}{' '}
        <span class="quiet">at {localClock(at)}</span>
      </p>
      <p class="quiet">
        Head: row {whole(head.seq)}, <span class="mono hash">{head.hash}</span>. Keep it elsewhere to notice rows taken
        off the end.
      </p>
    </>
  );
}

/** The fragment names pages, so the link moves the page itself. */
function toRow(event: Event): void {
  event.preventDefault();
  const row = document.getElementById((event.currentTarget as HTMLAnchorElement).hash.slice(1));
  row?.scrollIntoView({ block: 'center' });
  row?.focus();
}

function Rows({ records }: { records: readonly AuditResource[] }) {
  return (
    <table class="cards audit">
      <thead>
        <tr>
          <th scope="col" class="num">
            Row
          </th>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <Row key={record.seq} record={record} />
        ))}
      </tbody>
    </table>
  );
}

function Row({
  record: { seq, at, actor, operation, resource, changes, request_id, hash },
}: {
  record: AuditResource;
}) {
  const place = PLACES[resource.type.replace('gateway_', '')];
  const name = resource.name ?? resource.id;
  return (
    <tr id={`row-${seq}`} tabIndex={-1} title={`${request_id ?? 'no request'} · ${hash}`}>
      <td class="num quiet" data-label="Row">
        {whole(seq)}
      </td>
      <td class="when" data-label="When">
        <When at={at} />
      </td>
      <td data-label="Who">
        {actor.name} <span class="quiet">{WHO[actor.kind]}</span>
      </td>
      <td class="whole" data-label="What">
        {words(operation).replace(' gateway', '')}{' '}
        <span class="under">
          {place === 'policies' ? <a href={hrefOf(place, resource.id)}>{name}</a> : <span class="quiet">{name}</span>}
        </span>
      </td>
      <td class="whole changes" data-label="Changed">
        {Object.keys(changes).length === 0 && <span class="quiet">–</span>}
        {Object.entries(changes).map(([field, { from, to }]) => (
          <div key={field}>
            <span class="quiet">{field}</span>{' '}
            {from !== undefined && (
              <>
                <span class="unseen">from </span>
                <del>{jsonText(from)}</del> <span class="unseen">to </span>
                <span aria-hidden="true">→ </span>
              </>
            )}
            {to === undefined ? <span class="quiet">taken out</span> : <ins>{jsonText(to)}</ins>}
          </div>
        ))}
      </td>
    </tr>
  );
}

/** Fetched with the token, then handed to the browser as a file. */
function Export() {
  const { api } = useSession();
  const { busy, error, run } = useDoing();
  const download = (): Promise<void> =>
    run(async () => {
      const response = await api.open('v1/audit/export');
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = `postern-audit-${new Date().toISOString().slice(0, 10)}.jsonl`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  return (
    <>
      <Problem error={error} />
      <Button busy={busy} onClick={download}>
        {busy ? 'Exporting …' : 'Export as JSON Lines (OCSF)'}
      </Button>
    </>
  );
}
