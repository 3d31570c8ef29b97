/** What is measured: one list for the processes that do it and the report that reads it. */

/** The plain client on the platform's fetch; the same with the guards; and with a tracer provider that exports as well. */
export const SIDES = ['plain', 'guarded', 'traced'] as const;
/**
 * What else is put around a client: instrumentations that trace, contents included, and export; and guardrails, which bring a client of
 * an older major along, so that one is measured bare too.
 */
export const PEER_SIDES = ['openinference', 'traceloop', 'openai-4', 'openai-guardrails'] as const;
export type Side = (typeof SIDES)[number] | (typeof PEER_SIDES)[number];

export type Body = 'small' | 'small-next' | 'agent-20kb' | 'agent-20kb-next' | 'agent-200kb' | 'agent-200kb-next';

export interface Case {
  readonly name: string;
  readonly what: string;
  readonly body: Body;
  readonly stream: boolean;
  /** Calls in flight. */
  readonly concurrency: number;
  /** Without a network: the client's fetch answers at once, so that what is added can be told from what is saved. */
  readonly mocked: boolean;
  /** Peers are measured in it too. */
  readonly peers?: true;
}

const whole = { stream: false, concurrency: 1, mocked: true } as const;
const http = { stream: false, concurrency: 16, mocked: false } as const;

/** First turns are texts never seen, in next turns all but the last message was sent before. */
export const CASES = [
  { ...http, name: 'http-1kb', what: '1 KB, 16 in flight', body: 'small', peers: true },
  { ...http, name: 'http-1kb-lone', what: '1 KB, one at a time', body: 'small', concurrency: 1 },
  { ...http, name: 'http-200kb-cold', what: '200 KB, never seen', body: 'agent-200kb' },
  { ...http, name: 'http-200kb-known', what: '200 KB, known prefix', body: 'agent-200kb-next', peers: true },
  { ...http, name: 'http-stream', what: '64-chunk stream', body: 'small', stream: true, peers: true },
  { ...whole, name: 'mock-1kb', what: '1 KB, first turn, mocked fetch', body: 'small', peers: true },
  { ...whole, name: 'mock-1kb-known', what: '1 KB, next turn, mocked fetch', body: 'small-next' },
  { ...whole, name: 'mock-20kb-cold', what: '20 KB, first turn, mocked fetch', body: 'agent-20kb' },
  { ...whole, name: 'mock-20kb-known', what: '20 KB, tenth turn, mocked fetch', body: 'agent-20kb-next' },
  { ...whole, name: 'mock-200kb-cold', what: '200 KB, first turn, mocked fetch', body: 'agent-200kb', peers: true },
  {
    ...whole,
    name: 'mock-200kb-known',
    what: '200 KB, 20th turn, mocked fetch',
    body: 'agent-200kb-next',
    peers: true,
  },
  { ...whole, name: 'mock-stream', what: '64-chunk stream, mocked fetch', body: 'small', stream: true, peers: true },
] as const satisfies readonly Case[];

export type CaseName = (typeof CASES)[number]['name'];
