/** The operations of Amazon Bedrock's runtime. */
import type { Endpoint } from './dialect.ts';

export const awsEndpoints: readonly Endpoint[] = [];
