/**
 * Keys and tokens that vendors give a fixed beginning or mark, by entity: the mark, and what stands behind it (or before and
 * behind it) as the source of a regular expression. Forms as the vendors publish them or as their keys look; one line a form.
 * An entity is a vendor's name and what the vendor calls the value; keys that few people tell apart share `API_KEY`.
 */
import { AI_FORMS, OTHER_AI_FORMS } from './forms/ai.ts';
import { CLOUD_FORMS, OTHER_CLOUD_FORMS } from './forms/cloud.ts';
import { CODE_FORMS, OTHER_CODE_FORMS } from './forms/code.ts';
import type { TokenForms } from './forms/form.ts';
import { MESSAGING_FORMS, OTHER_MESSAGING_FORMS } from './forms/messaging.ts';
import { OTHER_PAYMENT_FORMS, PAYMENT_FORMS } from './forms/payments.ts';
import { OTHER_SERVICE_FORMS, SERVICE_FORMS } from './forms/services.ts';

export const TOKEN_FORMS = {
  ...AI_FORMS,
  ...CLOUD_FORMS,
  ...CODE_FORMS,
  ...MESSAGING_FORMS,
  ...PAYMENT_FORMS,
  ...SERVICE_FORMS,
  API_KEY: {
    ...OTHER_AI_FORMS,
    ...OTHER_CLOUD_FORMS,
    ...OTHER_CODE_FORMS,
    ...OTHER_MESSAGING_FORMS,
    ...OTHER_PAYMENT_FORMS,
    ...OTHER_SERVICE_FORMS,
  },
} as const satisfies Readonly<Record<string, TokenForms>>;

export type TokenEntity = keyof typeof TOKEN_FORMS;
