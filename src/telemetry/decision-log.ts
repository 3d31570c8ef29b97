/**
 * Every decision of a policy as one line of JSON, with the ids of its trace and a link to it. Holds no text of a request or answer:
 * what is written is listed here, field by field. Knows files and webhooks as places for lines alone.
 */
import type { BufferedObserver, GatewayEvent } from '../core/events.ts';
import type { Exchange, Identity } from '../core/exchange.ts';
import type { Finding } from '../core/policy.ts';
import { optionError } from '../errors.ts';
import {
  checkCount,
  type DecisionFile,
  type DecisionWebhook,
  fileSender,
  Outbox,
  type SinkStats,
  webhookSender,
} from './decision-sinks.ts';
import { SPEND_DETAILS, toldDetails } from './details.ts';
import { checkLink, linkOf } from './trace-link.ts';

export interface DecisionLogOptions {
  /** JSON Lines are appended to it; a path, or with rotation by size. */
  readonly file?: string | DecisionFile | undefined;
  /** Gets batches of decisions as signed POSTs. */
  readonly webhook?: DecisionWebhook | undefined;
  /** Told of each decision while the call goes on. What it throws is counted by the gateway. */
  readonly onDecision?: ((record: DecisionRecord) => void) | undefined;
  /** Also a record for each call that ended. Default false. */
  readonly calls?: boolean | undefined;
  /**
   * Link to the trace: `https://smith.example/o/x/projects/p/{projectName}?trace={traceId}`. Takes `{traceId}`, `{spanId}`,
   * `{callId}`, `{exchangeId}` and `{projectName}`, percent-encoded. A record of a call without a span has no link that needs its ids.
   */
  readonly link?: string | undefined;
  /** What `{projectName}` stands for. */
  readonly projectName?: string | undefined;
  /** Lines that may wait for the file, and for the webhook. More are dropped and counted. Default 10,000. */
  readonly maxQueued?: number | undefined;
}

export interface DecisionRecord {
  readonly type: 'policy' | 'unguarded' | 'call';
  /** ISO 8601. */
  readonly at: string;
  readonly callId: string;
  readonly exchangeId: string;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly link?: string | undefined;
  readonly identity: Identity;
  readonly provider: string;
  readonly model: string;
  /** Of a policy's event. */
  readonly policy?: string | undefined;
  readonly mode?: string | undefined;
  readonly action?: string | undefined;
  readonly decision?: string | undefined;
  readonly target?: string | undefined;
  readonly code?: string | undefined;
  readonly findings?: readonly Pick<Finding, 'kind' | 'scope' | 'action' | 'count'>[] | undefined;
  readonly details?: Readonly<Record<string, string | number>> | undefined;
  /** Of an unguarded request. */
  readonly reason?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  /** Of a call that ended. */
  readonly outcome?: string | undefined;
  readonly costNanoUsd?: number | undefined;
  readonly durationMs?: number | undefined;
}

export interface DecisionLogStats {
  readonly file: Readonly<SinkStats>;
  readonly webhook: Readonly<SinkStats>;
}

export interface DecisionLog extends BufferedObserver {
  readonly stats: DecisionLogStats;
  /** Flushes, and takes no more. */
  close(): Promise<void>;
}

const DETAILS = [...SPEND_DETAILS, 'maxOutputTokens', 'asked'];

/**
 * An observer for `createGateway({ observers: [decisionLog({ file: 'decisions.jsonl' })] })`. A full queue, a full disk and a webhook
 * that is down cost lines, which are counted, and never a call.
 * @throws GatewayError `invalid_option` that names the option
 */
export function decisionLog(options: DecisionLogOptions): DecisionLog {
  checkOptions(options);
  const { file, webhook, onDecision, calls = false, maxQueued = 10_000 } = options;
  const stats = { file: emptyStats(), webhook: emptyStats() };
  const outboxes = [
    ...(file === undefined ? [] : [new Outbox(fileSender(file), maxQueued, stats.file)]),
    ...(webhook === undefined ? [] : [new Outbox(webhookSender(webhook), maxQueued, stats.webhook)]),
  ];
  let isClosed = false;
  const write = (
    exchange: Exchange,
    fields: Pick<DecisionRecord, 'type'> & Partial<DecisionRecord>,
    at: number,
  ): void => {
    if (isClosed) return;
    const record = recordOf(exchange, fields, at, options);
    if (outboxes.length > 0) {
      const line = JSON.stringify(record);
      for (const outbox of outboxes) outbox.add(line);
    }
    onDecision?.(record);
  };
  const flush = async (): Promise<void> => {
    await Promise.all(outboxes.map((outbox) => outbox.flush()));
  };
  return {
    stats,
    event: (exchange, event) => write(exchange, eventFields(event), event.at),
    end: (exchange) => {
      const endedAt = Date.now();
      if (calls) write(exchange, callFields(exchange, endedAt), endedAt);
    },
    flush,
    close() {
      isClosed = true;
      return flush();
    },
  };
}

const emptyStats = (): SinkStats => ({ written: 0, dropped: 0, failed: 0 });

function recordOf(
  { id, callId, trace, identity, provider, model }: Exchange,
  { type, ...fields }: Pick<DecisionRecord, 'type'> & Partial<DecisionRecord>,
  at: number,
  { link, projectName }: DecisionLogOptions,
): DecisionRecord {
  const ids = { callId, exchangeId: id, ...trace };
  return {
    type,
    at: new Date(at).toISOString(),
    ...ids,
    link: link && linkOf(link, { ...ids, projectName }),
    identity: idsOf(identity),
    provider,
    model,
    ...fields,
  };
}

/** Of a framework's run its ids alone: its tags and metadata may hold anything. */
function idsOf({ run, ...ids }: Identity): Identity {
  return run?.id === undefined ? ids : { ...ids, run: { id: run.id, parentId: run.parentId } };
}

/** Messages stay out: those of an app's own policy may hold anything. */
function eventFields(event: GatewayEvent): Pick<DecisionRecord, 'type'> & Partial<DecisionRecord> {
  if (event.type === 'unguarded') return { type: 'unguarded', reason: event.reason, policies: event.policies };
  const { policy, mode, action, decision, target, code, findings, details } = event;
  return {
    type: 'policy',
    policy,
    mode,
    action,
    decision,
    target,
    code,
    findings: findings?.map(({ kind, scope, action: done, count }) => ({ kind, scope, action: done, count })),
    details: details && knownDetails(details),
  };
}

function knownDetails(details: Readonly<Record<string, unknown>>): Record<string, string | number> | undefined {
  const told = toldDetails(details, DETAILS);
  return told.length > 0 ? Object.fromEntries(told) : undefined;
}

function callFields(
  { outcome, policies, cost, startedAt }: Exchange,
  endedAt: number,
): Pick<DecisionRecord, 'type'> & Partial<DecisionRecord> {
  return { type: 'call', outcome, policies, costNanoUsd: cost?.nanoUsd, durationMs: endedAt - startedAt };
}

function checkOptions(options: DecisionLogOptions): void {
  if (typeof options !== 'object' || options === null) throw optionError('decisionLog: options', 'an object', options);
  const { file, webhook, onDecision, link, projectName, maxQueued } = options;
  if (file === undefined && webhook === undefined && onDecision === undefined)
    throw optionError('decisionLog: options', 'given a file, a webhook or onDecision', options);
  if (onDecision !== undefined && typeof onDecision !== 'function')
    throw optionError('decisionLog: onDecision', 'a function', onDecision);
  if (maxQueued !== undefined) checkCount('maxQueued', maxQueued);
  checkLink('decisionLog', link, projectName);
}
