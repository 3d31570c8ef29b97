/** The operations of Anthropic's API. */
import type { Endpoint } from './dialect.ts';

export const anthropicEndpoints: readonly Endpoint[] = [];
