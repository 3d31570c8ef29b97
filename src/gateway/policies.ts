/** The policies of a gateway, which may be replaced while calls are in flight. What a call began with it goes on with. */
import type { Policy } from '../core/policy.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { redactTraceText } from '../redaction/trace-text.ts';
import { checkContent, checkPolicies, type GatewayOptions } from './options.ts';

type RedactText = (text: string) => string;

export class GatewayPolicies {
  readonly #options: Pick<GatewayOptions, 'captureContent'>;
  #current: readonly Policy[] = [];
  #redactText: RedactText = redactByDefault();

  /** @throws GatewayError `invalid_option` */
  constructor({ policies = [], captureContent }: GatewayOptions) {
    this.#options = { captureContent };
    this.replace(policies);
  }

  /** A list that never changes: whoever holds it may go through it at leisure. */
  get current(): readonly Policy[] {
    return this.#current;
  }

  /** By the redactors of the current policies. It stays theirs when others come. */
  get redactText(): RedactText {
    return this.#redactText;
  }

  /** @throws GatewayError `invalid_option`; nothing has changed then */
  replace(policies: readonly Policy[]): void {
    checkPolicies(policies);
    checkContent(this.#options.captureContent, policies);
    this.#current = Object.freeze([...policies]);
    this.#redactText = textRedactor(policies);
  }
}

function textRedactor(policies: readonly Policy[]): RedactText {
  const redacting = policies.filter(({ redactText }) => redactText);
  const steps = redacting.flatMap(({ redactText }) => redactText ?? []);
  if (redacting.every(({ isScoped }) => isScoped)) steps.push(redactByDefault());
  return (text) => steps.reduce((shown, step) => step(shown), text);
}

/** Made when it is first needed: a redactor builds its patterns, and most gateways bring one of their own. */
function redactByDefault(): RedactText {
  let standard: Redactor | undefined;
  return (text) => {
    standard ??= createRedactor();
    return redactTraceText(standard, text);
  };
}
