/** Ours, with its defaults. What it remembers of texts is turned off, but where the speed with it is asked for. */
import { createRedactor } from '../../../src/redaction/index.ts';
import type { Candidate } from '../candidate.ts';

const redactor = createRedactor({ memo: false });
const remembering = createRedactor();

export const candidate: Candidate = {
  detect: (text) => redactor.detect(text),
  detectAgain: (text) => remembering.detect(text),
  streaming: { redact: (text) => redactor.redact(text), stream: () => redactor.stream() },
};
