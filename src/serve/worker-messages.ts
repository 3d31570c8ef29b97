/** What the primary and its workers say to each other. Plain data: no keys, and no text of a request or an answer. */
import type { FeedEntry } from '../admin/event-feed.ts';
import type { ErrorCode } from '../errors.ts';
import type { LoadedConfig } from './load-config.ts';
import type { WorkerStatus } from './share.ts';

/** What a worker is asked; each has its answer. */
export interface Answers {
  readonly metrics: string;
  readonly status: WorkerStatus;
  readonly reload: true;
}

export type Question = { readonly of: 'metrics' | 'status' } | { readonly of: 'reload'; readonly loaded: LoadedConfig };

export type ToWorker =
  | {
      readonly type: 'start';
      readonly worker: number;
      readonly version: string | undefined;
      readonly loaded: LoadedConfig;
    }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** Keys, policies or prices were changed: look now. */
  | { readonly type: 'state_changed' }
  /** Take no new calls, let those in flight end, and end. */
  | { readonly type: 'end' };

/** Why something did not go, in words that are meant for whoever runs the server. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | undefined;
}

export type ToPrimary =
  /** It listens to its channel. */
  | { readonly type: 'hello' }
  /** It takes calls. */
  | { readonly type: 'up'; readonly url: string }
  | { readonly type: 'failed'; readonly fault: Fault }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'fault'; readonly id: number; readonly fault: Fault }
  /** `dropped`: so many since it started had no room. */
  | { readonly type: 'events'; readonly entries: readonly FeedEntry[]; readonly dropped: number }
  /** Its last words: what it counted. */
  | { readonly type: 'ended'; readonly metrics: string };
