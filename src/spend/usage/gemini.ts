/** Reads usage of Gemini's API and of Vertex AI, whole and streamed. Pure. */
import type { Usage } from '../../core/exchange.ts';
import { type Fields, list, record, text, tokens, told, total } from './fields.ts';
import { unitsTold } from './openai.ts';

/** Up to this generation grounding is billed by the prompt, later by the search query. */
const BILLED_BY_PROMPT = /gemini-(?:1|2|live-2|flash-1|pro-1)/;

/** Proto JSON leaves out zeros, so a missing count is none as long as there is any. Thoughts are not among the candidates' tokens. */
export function geminiUsage(body: Fields, model: string): Usage | undefined {
  const meta = record(body.usageMetadata);
  const prompt = tokens(meta.promptTokenCount);
  const output = total(tokens(meta.candidatesTokenCount ?? meta.responseTokenCount), tokens(meta.thoughtsTokenCount));
  if (prompt === undefined && output === undefined && tokens(meta.totalTokenCount) === undefined)
    return predictionsUsage(list(body.predictions).map(record));
  const input = [...list(meta.promptTokensDetails), ...list(meta.toolUsePromptTokensDetails)];
  const candidates = list(meta.candidatesTokensDetails ?? meta.responseTokensDetails);
  const cached = list(meta.cacheTokensDetails);
  return told({
    inputTokens: total(prompt, tokens(meta.toolUsePromptTokenCount)) ?? 0,
    outputTokens: output ?? 0,
    cacheReadTokens: tokens(meta.cachedContentTokenCount),
    audioInputTokens: ofModality(input, 'AUDIO'),
    imageInputTokens: ofModality(input, 'IMAGE'),
    videoInputTokens: ofModality(input, 'VIDEO'),
    audioCacheReadTokens: ofModality(cached, 'AUDIO'),
    imageCacheReadTokens: ofModality(cached, 'IMAGE'),
    audioOutputTokens: ofModality(candidates, 'AUDIO'),
    imageOutputTokens: ofModality(candidates, 'IMAGE'),
    videoOutputTokens: ofModality(candidates, 'VIDEO'),
    reasoningTokens: tokens(meta.thoughtsTokenCount),
    units: unitsTold({ webSearch: searches(body, text(body.modelVersion) ?? model) }),
    serviceTier: text(meta.serviceTier) ?? text(meta.trafficType) ?? text(body.serviceTier),
    source: 'provider' as const,
  });
}

/** Vertex AI's `predict` tells the tokens of each text that it embedded. */
function predictionsUsage(predictions: readonly Fields[]): Usage | undefined {
  const inputTokens = total(
    ...predictions.map(({ embeddings }) => tokens(record(record(embeddings).statistics).token_count)),
  );
  return inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0, source: 'provider' };
}

function ofModality(details: readonly unknown[], modality: string): number | undefined {
  const counts = details.map(record).filter((detail) => String(detail.modality).toUpperCase() === modality);
  return total(...counts.map((detail) => tokens(detail.tokenCount)));
}

/** Free quotas belong to the account and cannot be known here: all count. */
function searches(body: Fields, model: string): number {
  const queries = list(body.candidates).flatMap((candidate) => list(grounding(candidate).webSearchQueries));
  return BILLED_BY_PROMPT.test(model) ? Math.min(1, queries.length) : queries.length;
}

function grounding(candidate: unknown): Fields {
  return record(record(candidate).groundingMetadata);
}

/** Each chunk repeats the usage so far: the last one counts. What the answer rests on stands in one of the chunks. */
export function foldGeminiEvent(known: Fields | undefined, event: Fields): Fields | undefined {
  const grounded = list(event.candidates).some((candidate) => list(grounding(candidate).webSearchQueries).length > 0);
  return told({
    ...known,
    modelVersion: event.modelVersion ?? known?.modelVersion,
    usageMetadata: event.usageMetadata
      ? { ...record(known?.usageMetadata), ...event.usageMetadata }
      : known?.usageMetadata,
    serviceTier: event.serviceTier ?? known?.serviceTier,
    candidates: grounded ? event.candidates : known?.candidates,
  });
}
