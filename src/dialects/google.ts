/** The operations of Gemini's API, at Google AI and at Vertex AI. */
import type { Endpoint } from './dialect.ts';

export const googleEndpoints: readonly Endpoint[] = [];
