/** A policy as its form holds it, all in texts; to and from what the API speaks. Pure. */
import type { PolicyBody, PolicyPatch, PolicyResource } from '../resources/policy.ts';

export type Kind = 'spend_cap' | 'rate_limit' | 'guard';
type Rate = Extract<PolicyBody, { policy_type: 'rate_limit' | 'default_rate_limit' }>['config']['limits'][number];
type Spend = Extract<PolicyBody, { policy_type: 'spend_cap' | 'default_spend_cap' }>['config'];
type Guard = Extract<PolicyBody, { policy_type: 'guard' }>['config'];

export interface LimitDraft {
  readonly metric: Rate['metric'];
  readonly window: Rate['window'];
  readonly value: string;
}

export interface Draft {
  readonly kind: Kind;
  readonly name: string;
  readonly description: string;
  readonly mode: 'enforce' | 'monitor';
  readonly failure: 'closed' | 'open';
  readonly enabled: boolean;
  /** The dimension of which each value has an account of its own; empty for one account. */
  readonly each: string;
  readonly matchers: readonly { readonly key: string; readonly value: string }[];
  readonly limitUsd: string;
  /** A calendar window, or `rolling`. */
  readonly window: string;
  readonly rolling: string;
  readonly timeZone: string;
  readonly reserve: 'estimate' | 'strict';
  readonly clamp: boolean;
  /** Percents, with commas. */
  readonly thresholds: string;
  readonly limits: readonly LimitDraft[];
  readonly pii: boolean;
  readonly secrets: boolean;
  readonly entities: string;
  readonly allow: string;
  readonly timeoutSeconds: string;
  readonly restore: boolean;
}

export function emptyDraft(kind: Kind): Draft {
  return {
    ...{ kind, name: '', description: '', mode: 'monitor', failure: 'closed', enabled: true, each: '', matchers: [] },
    ...{
      limitUsd: '',
      window: 'daily',
      rolling: '24h',
      timeZone: '',
      reserve: 'estimate',
      clamp: false,
      thresholds: '',
    },
    limits: [{ metric: 'requests', window: 'minute', value: '' }],
    ...{ pii: true, secrets: true, entities: '', allow: '', timeoutSeconds: '', restore: true },
  };
}

export function draftOf(policy: PolicyResource): Draft {
  const matchers = policy.subject_matchers ?? [];
  const each = matchers.find(({ value }) => value === '')?.key ?? '';
  const kind = policy.policy_type.replace('default_', '') as Kind;
  return {
    ...emptyDraft(kind),
    name: policy.name,
    description: policy.description ?? '',
    mode: policy.mode,
    failure: policy.failure ?? 'closed',
    enabled: policy.enabled,
    each,
    matchers: matchers.filter(({ value }) => value !== ''),
    ...configDraft(policy),
  };
}

function configDraft(policy: PolicyResource): Partial<Draft> {
  switch (policy.policy_type) {
    case 'spend_cap':
    case 'default_spend_cap': {
      const { limit_usd, window, time_zone, reserve, clamp, thresholds = [] } = policy.config;
      return {
        limitUsd: String(limit_usd),
        ...(typeof window === 'string' ? { window } : { window: 'rolling', rolling: window.rolling }),
        timeZone: time_zone ?? '',
        reserve: reserve ?? 'estimate',
        clamp: clamp ?? false,
        thresholds: thresholds.map((share) => String(Math.round(share * 1e6) / 1e4)).join(', '),
      };
    }
    case 'rate_limit':
    case 'default_rate_limit':
      return { limits: policy.config.limits.map((limit) => ({ ...limit, value: String(limit.value) })) };
    case 'guard': {
      const { detect = {}, entities = [], allow = [], timeout_seconds, restore } = policy.config;
      return {
        pii: detect.pii ?? false,
        secrets: detect.secrets ?? false,
        entities: entities.join(', '),
        allow: allow.join('\n'),
        timeoutSeconds: timeout_seconds === undefined ? '' : String(timeout_seconds),
        restore: restore ?? true,
      };
    }
  }
}

/** What the form does not show of a configuration stays as it was. */
export function bodyOf(draft: Draft, before?: PolicyResource): PolicyBody {
  const common = {
    name: draft.name.trim(),
    mode: draft.mode,
    failure: draft.failure,
    enabled: draft.enabled,
    subject_matchers: matchersOf(draft),
    ...((draft.description.trim() !== '' || before?.description !== undefined) && {
      description: draft.description.trim(),
    }),
  };
  if (draft.kind === 'guard')
    return { ...common, policy_type: 'guard', config: guardConfig(draft, before?.config as Guard) };
  if (draft.kind === 'rate_limit')
    return {
      ...common,
      policy_type: draft.each === '' ? 'rate_limit' : 'default_rate_limit',
      config: { version: 1, limits: draft.limits.map((limit) => ({ ...limit, value: Number(limit.value) })) },
    };
  return {
    ...common,
    policy_type: draft.each === '' ? 'spend_cap' : 'default_spend_cap',
    config: spendConfig(draft, before?.config as Spend),
  };
}

export function patchOf(draft: Draft, before: PolicyResource): PolicyPatch {
  const { policy_type: _, action: __, mode, ...fields } = bodyOf(draft, before);
  return { ...fields, ...(mode !== undefined && mode !== before.mode && { mode }) };
}

function matchersOf({ kind, each, matchers }: Draft): PolicyBody['subject_matchers'] {
  const own = matchers
    .filter(({ key }) => key.trim() !== '')
    .map(({ key, value }) => ({ key: key.trim(), value: value.trim() }));
  return kind === 'guard' || each === '' ? own : [{ key: each, value: '' }, ...own];
}

function spendConfig(draft: Draft, before: Spend | undefined): Spend {
  const { time_zone: _, thresholds: __, ...kept } = before ?? ({} as Partial<Spend>);
  const thresholds = listOf(draft.thresholds).map((text) => Number(text.replace('%', '')) / 100);
  return {
    ...kept,
    version: 1,
    window:
      draft.window === 'rolling'
        ? { rolling: draft.rolling.trim() }
        : (draft.window as Exclude<Spend['window'], object>),
    limit_usd: draft.limitUsd.trim(),
    reserve: draft.reserve,
    clamp: draft.clamp,
    ...(draft.timeZone.trim() !== '' && { time_zone: draft.timeZone.trim() }),
    ...(thresholds.length > 0 && { thresholds }),
  };
}

function guardConfig(draft: Draft, before: Guard | undefined): Guard {
  const { entities: _, allow: __, timeout_seconds: ___, ...kept } = before ?? ({} as Guard);
  const [entities, allow] = [
    listOf(draft.entities),
    draft.allow
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ];
  return {
    ...kept,
    version: 1,
    detect: { pii: draft.pii, secrets: draft.secrets },
    restore: draft.restore,
    ...(entities.length > 0 && { entities }),
    ...(allow.length > 0 && { allow }),
    ...(draft.timeoutSeconds.trim() !== '' && { timeout_seconds: Number(draft.timeoutSeconds) }),
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}
