/** `postern/redaction`: finding and replacing personal data and secrets, for use on its own. Re-exports only. */
export type { TextFilter } from '../core/text.ts';
export { GatewayError } from '../errors.ts';
export type { Action, ActionName } from './actions.ts';
export type { Analyzer, AnalyzerMatch } from './analyzers.ts';
export type { CustomDetector, CustomMatch, CustomPattern } from './custom.ts';
export type { EntityGroup, EntityName } from './detectors/all-detectors.ts';
export { ENTITY_NAMES } from './detectors/all-detectors.ts';
export type { MemoOptions } from './memo.ts';
export { type PresidioOptions, presidioAnalyzer } from './presidio.ts';
export { createRedactor, type Detection, type Redactor, type TextContext } from './redactor.ts';
export type { RedactorOptions } from './redactor-options.ts';
