/** The PII and the secret guard with all their rules. */
import { align, markOf } from '../align.ts';
import { type Candidate, loadPeer } from '../candidate.ts';

interface Message {
  readonly content: string;
}
type Guard = (messages: readonly object[]) => Promise<readonly { readonly modifiedMessage?: Message }[]>;
interface Package {
  piiGuard(options: object): Guard;
  secretGuard(options: object): Guard;
  readonly SelectionType: { readonly All: unknown };
}
// A worker of 1.12.0 looks for a file of its build machine, and the error would end the process.
process.on('uncaughtException', () => {});
// Its CommonJS build does not load (`import.meta` outside of a module).
const { piiGuard, secretGuard, SelectionType } = loadPeer<Package>(
  'hai-guardrails',
  './node_modules/@presidio-dev/hai-guardrails/dist/index.js',
);
const guards = [piiGuard({ selection: SelectionType.All }), secretGuard({ selection: SelectionType.All })];

export const candidate: Candidate = {
  types: { PERSON: 'PERSON' },
  async detect(text) {
    let content = text;
    for (const guard of guards) {
      const [result] = await guard([{ originalMessage: { role: 'user', content }, inScope: true, messageHash: '' }]);
      content = result?.modifiedMessage?.content ?? content;
    }
    if (content === text) return [];
    return align(
      text,
      content.replace(/\[REDACTED-([A-Z0-9-]+)\]/g, (_, type: string) => markOf(type)),
    );
  },
};
