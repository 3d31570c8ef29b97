/** @musistudio/llms with one provider. */
import { requireOf } from '../../peers.ts';
import { freePort } from '../free-port.ts';

interface Llms {
  readonly default: new (options: object) => { start(): Promise<void> };
}
const { default: Server } = requireOf('musistudio')('@musistudio/llms') as Llms;
const port = await freePort();
const provider = {
  name: 'bench',
  api_base_url: `http://127.0.0.1:${process.argv[2]}/v1/chat/completions`,
  api_key: 'sk-bench',
  models: ['gpt-4o-mini'],
};
const initialConfig = { PORT: String(port), HOST: '127.0.0.1', providers: [provider] };
process.on('disconnect', () => process.exit());
await new Server({ logger: false, bodyLimit: 50e6, initialConfig, useJsonFile: false }).start();
process.send!({ port });
