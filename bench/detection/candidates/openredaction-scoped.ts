/** The release under the name with a scope, whose rules differ. */
import { openredaction } from '../openredaction.ts';

export const candidate = openredaction('openredaction-scoped', '@openredaction/openredaction');
