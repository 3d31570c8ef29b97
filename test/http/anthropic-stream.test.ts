import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from '../../src/core/pipeline.ts';
import type { Policy } from '../../src/core/policy.ts';
import { filterWhole } from '../../src/core/text.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, dataOf, openedCall } from './calls.ts';
import { addedEvents, eventsOf, misnamedEvents, misplacedDeltas, streamedTexts } from './messages.ts';

const REQUEST = 'Ask ada@example.com and bob@example.net';
const ADA = 'ada@example.com';
const BOB = 'bob@example.net';
const FOLDER = new URL('fixtures/anthropic/', import.meta.url);

/** The texts that must come out of each recording, whatever pieces it arrives in. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  text: { '0 text': `Dear ${ADA}, <EMAIL_ADDRESS_3> — é😀 wrote: done` },
  'tool-use': {
    '0 text': `I will mail ${ADA}.`,
    '1 partial_json': `{"to":"${ADA}","say":"héllo \\"x\\" 😀","n":123}`,
    '2 partial_json': '{"who":"<EMAIL_ADDRESS_3>"}',
  },
  // Signed: as it came, placeholders and all.
  thinking: {
    '0 thinking': 'Think of <EMAIL_ADDRESS_2> and grace@example.org',
    '0 signature': 'EqQBc2lnbmVk',
    '2 text': `Write to ${BOB}`,
  },
  citations: { '0 text': 'By <EMAIL_ADDRESS_3>, and so on' },
  'server-tools': { '0 partial_json': `{"query":"who is ${ADA}"}`, '3 text': `It is ${ADA}` },
  error: { '0 text': 'Mail <EMAIL_ADDRESS_1' },
  'missing-message-stop': { '0 text': `Mail ${ADA} now` },
  'cut-off': { '0 text': `Mail ${ADA} now, Ada` },
  'missing-block-stop': { '0 text': `Mail ${ADA}` },
  'text-in-start': { '0 text': `Mail ${ADA}`, '1 text': `Mail ${BOB}` },
  compaction: {
    '0 content': 'They asked of <EMAIL_ADDRESS_1> and grace@example.org',
    '1 text': `So, ${ADA}`,
  },
  unknown: { '0 words': 'Mail <EMAIL_ADDRESS_3> now' },
  crlf: { '0 text': `Mail ${ADA} now` },
  'no-names': { '0 text': `Mail ${ADA} now` },
  'cache-usage': { '0 text': `Mail ${ADA} now` },
  refusal: { '0 text': 'I will not' },
};
/** Recordings in which something of the model's own is signed. */
const SIGNED = ['thinking', 'compaction'];

const recording = (name: string): string => readFileSync(new URL(`${name}.sse`, FOLDER), 'utf8');
const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(recording(name));
const newCall = (policies: readonly Policy[] = [redact()]): Promise<Call> => openedCall(policies, REQUEST);

/** Bytes as they come off the wire; each place starts a new chunk. */
function replay(call: Call, bytes: Uint8Array, places: readonly number[] = []): { shown: string; guard: StreamGuard } {
  const guard = new StreamGuard(call, { dialect: anthropicMessages, framing: sse, hideUsage: false, now: () => 0 });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let shown = '';
  [0, ...places].forEach((from, i) => {
    shown += atOnce(guard.push(decoder.decode(bytes.slice(from, places[i] ?? bytes.length), { stream: true })));
  });
  return { shown: shown + atOnce(guard.end(decoder.decode())), guard };
}

async function guarded(name: string, policies?: readonly Policy[]): Promise<string> {
  return replay(await newCall(policies), bytesOf(name)).shown;
}

it('has an expectation for each recording', () => {
  const recorded = readdirSync(FOLDER).map((file) => file.replace(/\.sse$/, ''));
  expect(recorded.sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(Object.keys(EXPECTED))('the recording "%s"', (name) => {
  const came = recording(name);

  it('gives the texts that the whole texts would give', async () => {
    const call = await newCall();
    const whole = Object.entries(streamedTexts(came)).map(([field, text]) => {
      if (/thinking|signature|content/.test(field)) return [field, text];
      const encoding = field.endsWith('json') ? 'json' : 'text';
      return [field, filterWhole(call.filter({ scope: 'output', kind: 'string', path: [], encoding }), text)];
    });
    expect(streamedTexts(await guarded(name))).toEqual(Object.fromEntries(whole));
  });

  it('gives the expected texts split at every byte', async () => {
    const call = await newCall();
    const bytes = bytesOf(name);
    for (let at = 1; at < bytes.length; at++)
      expect(streamedTexts(replay(call, bytes, [at]).shown), `split at ${at}`).toEqual(EXPECTED[name]);
    const eachByte = [...bytes.keys()].slice(1);
    expect(streamedTexts(replay(call, bytes, eachByte).shown)).toEqual(EXPECTED[name]);
  });

  it('keeps every event in its place, and adds none but for text, of an open block and under its own name', async () => {
    const shown = await guarded(name);
    const call = await newCall();
    const whole = (text: string): string =>
      filterWhole(call.filter({ scope: 'output', kind: 'string', path: [], encoding: 'text' }), text) as string;
    const same = (text: string): string =>
      SIGNED.includes(name) && /thinking|compaction/.test(text) ? text : whole(text);
    for (const { type } of addedEvents(came, shown, same)) expect(type).toBe('content_block_delta');
    expect(misplacedDeltas(shown)).toEqual([]);
    expect(misnamedEvents(shown)).toEqual([]);
  });

  it('shows nothing that the model wrote of others, but under a signature', async () => {
    const shown = eventsOf(await guarded(name)).filter(({ delta }) => !/thinking|compaction/.test(String(delta?.type)));
    expect(JSON.stringify(shown)).not.toContain('grace');
  });

  it('passes as it came, byte for byte, where no policy looks at it, and in monitor mode', async () => {
    expect(await guarded(name, [])).toBe(came);
    expect(await guarded(name, [redact({ mode: 'monitor' })])).toBe(came);
  });
});

describe('what the call learns from a stream', () => {
  async function learned(name: string): Promise<Call['exchange']> {
    const call = await newCall();
    Object.assign(call.exchange, { dialect: anthropicMessages.id, provider: 'anthropic' });
    replay(call, bytesOf(name));
    return call.exchange;
  }

  it('is the answer: id, model, why it finished', async () => {
    const { response } = await learned('tool-use');
    expect(response).toMatchObject({
      id: 'msg_1',
      model: 'claude-sonnet-4-5-20250929',
      serviceTier: 'standard',
      finishReasons: ['tool_use'],
      firstChunkAt: 0,
    });
  });

  it('is the usage, of which later events replace what earlier ones told', async () => {
    expect((await learned('cache-usage')).usage).toEqual({
      inputTokens: 23_100,
      outputTokens: 500,
      cacheReadTokens: 20_000,
      cacheWriteTokens: 3_000,
      cacheWrite1hTokens: 2_000,
      units: { webSearch: 2 },
      serviceTier: 'standard',
      region: 'us',
      source: 'provider',
    });
    // Input grows with what the provider's own tools find.
    expect((await learned('server-tools')).usage).toMatchObject({ inputTokens: 10_682, outputTokens: 510 });
  });

  it('is what a compaction took beside the totals', async () => {
    const { usage } = await learned('compaction');
    expect(usage).toMatchObject({ inputTokens: 9, outputTokens: 12 });
    expect(usage?.others).toMatchObject([{ usage: { inputTokens: 1_000, outputTokens: 100 } }]);
  });

  it.each([
    ['text', true, false],
    ['missing-message-stop', false, false],
    ['cut-off', false, false],
    ['error', false, true],
  ])('is whether it finished and whether it failed: "%s"', async (name, finished, failed) => {
    const { guard } = replay(await newCall(), bytesOf(name));
    expect([guard.finished, guard.failed]).toEqual([finished, failed]);
  });

  it('is how much was thought, though nobody looks into it', async () => {
    const call = await newCall();
    const counted = vi.spyOn(call, 'count');
    replay(call, bytesOf('thinking'));
    const texts = counted.mock.calls.map(([text]) => text);
    expect(texts.join('')).toBe('Think of <EMAIL_ADDRESS_2> and grace@example.orgWrite to <EMAIL_ADDRESS_2>');
  });
});

describe('an error in the stream', () => {
  it('comes after the text that was held, and its message is filtered', async () => {
    const shown = dataOf(await guarded('error'));
    expect(shown.at(-1)).toContain('"Too busy for <EMAIL_ADDRESS_3>"');
    expect(shown.at(-1)).toContain('"overloaded_error"');
    expect(shown.at(-2)).toContain('<EMAIL_ADDRESS_1');
  });
});

describe('what comes whole in a stream', () => {
  it('is filtered whole, and what only the provider can read is left', async () => {
    const shown = await guarded('server-tools');
    expect(shown).toContain('"title":"Mail <EMAIL_ADDRESS_3>"');
    expect(shown).toContain('"encrypted_content":"EqgfCioIARgB"');
    expect(shown).toContain(`"content":[{"type":"text","text":"It is ${ADA}"}]`);
    expect(await guarded('citations')).toContain(`"cited_text":"<EMAIL_ADDRESS_3> wrote to ${ADA}"`);
    expect(await guarded('refusal')).toContain('"explanation":"Not for <EMAIL_ADDRESS_3>"');
  });
});
