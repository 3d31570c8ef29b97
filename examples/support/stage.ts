/** What stands around the quickstart: a provider and a trace receiver on this machine, and notes of what passed between them. */
import type { GatewayErrorFacts, Rollup } from 'postern';
import { startFakeProvider } from './fake-provider.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { promptOf, repeat } from './provider.ts';
import { type DoorCall, show } from './screen.ts';

export interface Stage {
  readonly baseURL: string;
  /** Where traces go. */
  readonly target: { readonly url: string };
  /** Keeps what a door gave back, beside what the provider was sent for it. */
  note(door: string, received: string | null | undefined): void;
  refused(error: GatewayErrorFacts | undefined): void;
  show(spent: Rollup): void;
  close(): Promise<unknown>;
}

/** @param prompt what the caller writes; @param secrets what no exported byte may hold */
export async function openStage(prompt: string, secrets: readonly string[]): Promise<Stage> {
  const provider = await startFakeProvider();
  provider.reply = repeat;
  const trace = await startOtlpReceiver();
  const calls: DoorCall[] = [];
  let refusal: GatewayErrorFacts | undefined;
  return {
    baseURL: provider.baseURL,
    target: { url: `${trace.origin}/v1/traces` },
    note: (door, received) => calls.push({ door, sent: promptOf(provider.requests.at(-1)), received: `${received}` }),
    refused: (error) => {
      refusal = error;
    },
    show: (spent) => show({ prompt, secrets, calls, trace, spent, refusal, requests: provider.requests.length }),
    close: () => Promise.all([provider.close(), trace.close()]),
  };
}
