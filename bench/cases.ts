/** What is measured: one list for the processes that do it and the report that reads it. */

/** The plain client on the platform's fetch; the same with the guards; and with a tracer provider that exports as well. */
export const SIDES = ['plain', 'guarded', 'traced'] as const;
export type Side = (typeof SIDES)[number];

export interface Case {
  readonly name: string;
  readonly what: string;
  readonly body: 'small' | 'agent-cold' | 'agent-known';
  readonly stream: boolean;
  /** Calls in flight. */
  readonly concurrency: number;
  /** Without a network: the client's fetch answers at once, so that what is added can be told from what is saved. */
  readonly mocked: boolean;
}

export const CASES = [
  { name: 'http-1kb', what: '1 KB, 16 in flight', body: 'small', stream: false, concurrency: 16, mocked: false },
  { name: 'http-1kb-lone', what: '1 KB, one at a time', body: 'small', stream: false, concurrency: 1, mocked: false },
  {
    name: 'http-200kb-cold',
    what: '200 KB, never seen',
    body: 'agent-cold',
    stream: false,
    concurrency: 16,
    mocked: false,
  },
  {
    name: 'http-200kb-known',
    what: '200 KB, known prefix',
    body: 'agent-known',
    stream: false,
    concurrency: 16,
    mocked: false,
  },
  { name: 'http-stream', what: '64-chunk stream', body: 'small', stream: true, concurrency: 16, mocked: false },
  { name: 'mock-1kb', what: '1 KB, mocked fetch', body: 'small', stream: false, concurrency: 1, mocked: true },
  {
    name: 'mock-200kb-cold',
    what: '200 KB, never seen, mocked fetch',
    body: 'agent-cold',
    stream: false,
    concurrency: 1,
    mocked: true,
  },
  {
    name: 'mock-200kb-known',
    what: '200 KB, known prefix, mocked fetch',
    body: 'agent-known',
    stream: false,
    concurrency: 1,
    mocked: true,
  },
  {
    name: 'mock-stream',
    what: '64-chunk stream, mocked fetch',
    body: 'small',
    stream: true,
    concurrency: 1,
    mocked: true,
  },
] as const satisfies readonly Case[];

export type CaseName = (typeof CASES)[number]['name'];
