/**
 * The operations of Amazon Bedrock's runtime. Guardrails on their own, asynchronous calls and the bidirectional stream are none of
 * them: a policy that would guard a request refuses those.
 */
import { awsConverse, awsConverseOpen, awsCountTokens } from './aws-converse.ts';
import {
  invokeAnthropic,
  invokeEmbeddings,
  invokeImage,
  invokeLlama,
  invokeNova,
  invokeOpenAI,
  invokeTitan,
} from './aws-invoke.ts';
import { MODEL_PATH } from './aws-route.ts';
import type { Dialect, Endpoint } from './dialect.ts';

/** A model whose id holds a word, below an operation. Of an ARN that does not name its model nothing is known. */
function endpoint(model: string, operation: string, dialect: Dialect): Endpoint {
  return { method: 'POST', path: new RegExp(`${MODEL_PATH}(?<=${model}[^/]*)/${operation}$`), dialect };
}

const CONVERSE = 'converse(?:-stream)?';
const INVOKE = 'invoke(?:-with-response-stream)?';
/** Vendors whose models reason without a signature. */
const UNSIGNED = '(?:[./]|%2F)(?:deepseek|openai|qwen|minimax|moonshotai?|mistral|zai|nvidia|google)\\.';
const IMAGES = '(?:titan-image|nova-canvas|nova-reel|(?:[./]|%2F)(?:stability|luma)\\.)';

export const awsEndpoints: readonly Endpoint[] = [
  endpoint(UNSIGNED, CONVERSE, awsConverseOpen),
  endpoint('', CONVERSE, awsConverse),
  endpoint('', 'count-tokens', awsCountTokens),
  endpoint('embed', INVOKE, invokeEmbeddings),
  endpoint(IMAGES, INVOKE, invokeImage),
  endpoint('anthropic', INVOKE, invokeAnthropic),
  endpoint('(?:[./]|%2F)meta\\.', INVOKE, invokeLlama),
  endpoint('titan', INVOKE, invokeTitan),
  endpoint('nova', INVOKE, invokeNova),
  endpoint('', INVOKE, invokeOpenAI),
];
