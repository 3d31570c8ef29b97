/** The recommended preset, on a text file. */
import { type Candidate, loadPeer } from '../candidate.ts';

interface Core {
  lintSource(options: object): Promise<{ readonly messages: readonly { readonly range: readonly [number, number] }[] }>;
}
const PRESET = '@secretlint/secretlint-rule-preset-recommend';
const { lintSource } = loadPeer<Core>('secretlint', '@secretlint/core');
const { creator } = loadPeer<{ creator: unknown }>('secretlint', PRESET);
const options = { config: { rules: [{ id: PRESET, rule: creator }] }, noPhysicFilePath: true };

export const candidate: Candidate = {
  async detect(content) {
    const source = { filePath: 'chat.txt', content, contentType: 'text', ext: '.txt' };
    const { messages } = await lintSource({ source, options });
    return messages.map(({ range: [start, end] }) => ({ start, end, type: 'SECRET' }));
  },
};
