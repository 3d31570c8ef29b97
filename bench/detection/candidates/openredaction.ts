/** The newest release, under the name without a scope. */
import { openredaction } from '../openredaction.ts';

export const candidate = openredaction('openredaction', 'openredaction');
