/** `postern/bedrock`. */
export { type BedrockClient, guardBedrock } from './guard.ts';
