/** What pictures and sound are held for and cost, by how their model is sold. */
import { describe, expect, it } from 'vitest';
import type { Exchange, Operation, Units } from '../../src/core/exchange.ts';
import { createCallMeter } from '../../src/spend/call-meter.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook, type PriceOverrides } from '../../src/spend/prices.ts';
import { imageGrade, pieceTokens } from '../../src/spend/usage/pieces.ts';
import { exchangeFor } from '../http/calls.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');
const meterWith = (overrides?: PriceOverrides) =>
  createCallMeter({ meter: createMeter({ priceBook: createPriceBook({ overrides }) }) });
const meter = meterWith();

interface Asked {
  readonly model: string;
  readonly operation: Operation;
  readonly units: Units;
  readonly most?: Units;
  readonly parameters?: Exchange['parameters'];
}

function callFor({ model, operation, units, most = units, parameters = {} }: Asked): Exchange {
  const dialect = { image: 'openai.images', speech: 'openai.speech' }[operation as string] ?? 'openai.transcriptions';
  const pieces = { likely: units, most };
  return { ...exchangeFor([]), dialect, model, operation, parameters, pieces, inputTokenBound: 10, startedAt: AT };
}

const hd = { quality: 'hd', size: '1024x1792' };

describe('a model that is sold by the piece', () => {
  it.each<[string, Asked, number]>([
    ['dall-e-3', { model: 'dall-e-3', operation: 'image', units: { image: 2 } }, 80_000_000],
    ['dall-e-3 hd', { model: 'dall-e-3', operation: 'image', units: { image: 1 }, parameters: hd }, 120_000_000],
    [
      'dall-e-2 small',
      { model: 'dall-e-2', operation: 'image', units: { image: 1 }, parameters: { size: '256x256' } },
      16_000_000,
    ],
    ['tts-1', { model: 'tts-1', operation: 'speech', units: { character: 1_000 } }, 15_000_000],
    ['whisper-1', { model: 'whisper-1', operation: 'transcription', units: { audioSecond: 10 } }, 1_000_000],
  ])('%s is held and settled at its price', (_name, asked, nanoUsd) => {
    const call = callFor(asked);
    expect(meter.bound(call)).toMatchObject({ nanoUsd, feesNanoUsd: nanoUsd, assumed: false });
    expect(meter.estimate(call)!.cost.nanoUsd).toBe(nanoUsd);
    call.usage = meter.untold(call, { inputTokens: 3, outputTokens: 0 });
    expect(meter.cost(call)).toMatchObject({ nanoUsd, assumed: false, estimated: true });
  });

  it('is priced by an override, whatever its grade', () => {
    const own = meterWith({ 'dall-e-3': { input: '0', output: '0', fees: { image: '0.03' } } });
    const call = callFor({ model: 'dall-e-3', operation: 'image', units: { image: 2 }, parameters: hd });
    expect(own.bound(call)).toMatchObject({ nanoUsd: 60_000_000 });
  });

  it('has a bound by the most that it may be', () => {
    const call = callFor({
      model: 'whisper-1',
      operation: 'transcription',
      units: { audioSecond: 10 },
      most: { audioSecond: 100 },
    });
    expect(meter.bound(call)!.nanoUsd).toBe(10_000_000);
    expect(meter.estimate(call)!.cost.nanoUsd).toBe(1_000_000);
  });
});

describe('a model that is sold by tokens', () => {
  it.each<[string, Asked]>([
    ['gpt-image-1', { model: 'gpt-image-1', operation: 'image', units: { image: 1 } }],
    ['gpt-4o-mini-tts', { model: 'gpt-4o-mini-tts', operation: 'speech', units: { character: 100 } }],
    ['gpt-4o-transcribe', { model: 'gpt-4o-transcribe', operation: 'transcription', units: { audioSecond: 60 } }],
  ])('%s is held for more than it probably takes, and not for pieces beside', (_name, asked) => {
    const call = callFor(asked);
    const bound = meter.bound(call)!;
    const { cost } = meter.estimate(call)!;
    call.usage = meter.untold(call, { inputTokens: 1, outputTokens: 0 });
    const settled = meter.cost(call)!;
    expect(bound.assumed || settled.assumed).toBe(false);
    expect(bound.feesNanoUsd).toBeUndefined();
    expect(settled.nanoUsd).toBeGreaterThan(0);
    expect(cost.nanoUsd).toBeGreaterThanOrEqual(settled.nanoUsd);
    expect(bound.nanoUsd).toBeGreaterThanOrEqual(cost.nanoUsd);
  });

  it('is estimated by its tokens when the answer told pieces that were only counted', () => {
    const call = callFor({ model: 'gpt-image-1', operation: 'image', units: { image: 1 } });
    expect(meter.usage(call, { data: [{ b64_json: 'AAAA' }] })).toBeUndefined();
    const piece = callFor({ model: 'dall-e-3', operation: 'image', units: { image: 1 }, parameters: hd });
    expect(meter.usage(piece, { data: [{ b64_json: 'AAAA' }] })).toMatchObject({
      units: { image: 1 },
      grade: 'hd-1024x1792',
    });
  });

  it('takes a transcript that passed for the tokens that it is', () => {
    const call = callFor({ model: 'gpt-4o-transcribe', operation: 'transcription', units: { audioSecond: 60 } });
    expect(meter.untold(call, { inputTokens: 3, outputTokens: 70 })).toMatchObject({
      inputTokens: 603,
      outputTokens: 70,
    });
  });
});

describe('a model that nobody knows', () => {
  it.each<[Operation, Units]>([
    ['image', { image: 1 }],
    ['speech', { character: 100 }],
    ['transcription', { audioSecond: 60 }],
  ])('costs what the dearest of its kind does: %s', (operation, units) => {
    const call = callFor({ model: 'nobody-1', operation, units });
    const bound = meter.bound(call)!;
    call.usage = meter.untold(call, { inputTokens: 3, outputTokens: 0 });
    const settled = meter.cost(call)!;
    expect(bound.assumed && settled.assumed).toBe(true);
    expect(settled.nanoUsd).toBeGreaterThan(0);
    expect(bound.nanoUsd).toBeGreaterThanOrEqual(settled.nanoUsd);
  });

  it('and settles below its bound when it tells tokens', () => {
    const call = callFor({ model: 'gpt-image-9', operation: 'image', units: { image: 1 } });
    const bound = meter.bound(call)!.nanoUsd;
    call.usage = { inputTokens: 10, outputTokens: 6_240, imageOutputTokens: 6_240, source: 'provider' };
    expect(meter.cost(call)).toMatchObject({ assumed: true });
    expect(meter.cost(call)!.nanoUsd).toBeLessThanOrEqual(bound);
  });
});

it('pictures have the tokens of OpenAI`s table', () => {
  const tokens = (quality: string, size: string) => pieceTokens({ image: 1 }, { quality, size }, 'likely').outputTokens;
  expect([tokens('low', '1024x1024'), tokens('medium', '1024x1536'), tokens('high', '1024x1536')]).toEqual([
    272, 1_584, 6_240,
  ]);
  expect(pieceTokens({ image: 1 }, {}, 'likely').outputTokens).toBe(6_240);
  expect(pieceTokens({ image: 1 }, { quality: 'high', size: '1024x1024' }, 'most').outputTokens).toBeGreaterThan(7_024);
  expect([imageGrade({}), imageGrade({ quality: 'standard', size: '1024x1024' }), imageGrade(hd)]).toEqual([
    undefined,
    undefined,
    'hd-1024x1792',
  ]);
});
