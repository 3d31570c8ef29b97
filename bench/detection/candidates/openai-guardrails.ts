/** The PII guardrail with its defaults. */
import { openaiGuardrails } from '../openai-guardrails.ts';

export const candidate = openaiGuardrails({ secretKeys: false });
