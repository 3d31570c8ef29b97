/** The detectors of LangChain's `piiMiddleware`, all that are not for URLs. */
import { type Candidate, type Finding, loadPeer } from '../candidate.ts';

type Detect = (text: string) => readonly { readonly start: number; readonly end: number }[];
const { detectEmail, detectCreditCard, detectIP, detectMacAddress } = loadPeer<Record<string, Detect>>(
  'langchain',
  'langchain',
);
const DETECTORS: readonly (readonly [string, Detect])[] = [
  ['EMAIL', detectEmail!],
  ['CREDIT_CARD', detectCreditCard!],
  ['IP', detectIP!],
  ['MAC', detectMacAddress!],
];

export const candidate: Candidate = {
  detect: (text) =>
    DETECTORS.flatMap(([type, detect]) => detect(text).map(({ start, end }): Finding => ({ start, end, type }))),
};
