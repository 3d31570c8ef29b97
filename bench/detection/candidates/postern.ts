/** Ours, with its defaults. */
import { postern } from '../postern.ts';

export const candidate = postern();
