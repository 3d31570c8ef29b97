/** The PII and the Secret Keys guardrails with their defaults. */
import { openaiGuardrails } from '../openai-guardrails.ts';

export const candidate = openaiGuardrails({ secretKeys: true });
