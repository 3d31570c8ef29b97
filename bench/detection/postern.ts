/** Our redactor as a candidate, with the options given. */
import { createRedactor, type RedactorOptions } from '../../src/redaction/index.ts';
import type { Candidate } from './candidate.ts';

/** What it remembers of texts is turned off, but where the speed with it is asked for. */
export function postern(options: RedactorOptions = {}): Candidate {
  const redactor = createRedactor({ ...options, memo: false });
  const remembering = createRedactor(options);
  return {
    detect: (text) => redactor.detect(text),
    detectAgain: (text) => remembering.detect(text),
    streaming: { redact: (text) => redactor.redact(text), stream: () => redactor.stream() },
  };
}
