/** Ours, with its defaults: all entities. What it remembers of texts is turned off, but for the speed of a history that is sent again. */
import { createRedactor } from '../../../src/redaction/redactor.ts';
import type { Candidate } from '../candidate.ts';

const redactor = createRedactor({ memo: false });
const remembering = createRedactor();

export const candidate: Candidate = {
  detect: (text) => redactor.detect(text),
  detectAgain: (text) => remembering.detect(text),
  streaming: { redact: (text) => redactor.redact(text), stream: () => redactor.stream() },
};
