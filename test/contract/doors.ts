/** The doors of a gateway behind one face, so that the same expectations run over each, with the real client packages. */
import { ANTHROPIC_DOORS } from './doors-anthropic.ts';
import { CHAT_DOORS } from './doors-chat.ts';
import { GOOGLE_DOORS } from './doors-google.ts';
import type { DoorKind } from './world.ts';

export { PROVIDER_KEY, startWorld, USER_HEADER, type World } from './world.ts';

export const DOORS: readonly DoorKind[] = [...CHAT_DOORS, ...ANTHROPIC_DOORS, ...GOOGLE_DOORS];
