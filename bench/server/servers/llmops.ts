/** @llmops/gateway as its documentation serves it. */
import { requireOf } from '../../peers.ts';

interface App {
  readonly fetch: (request: Request) => Promise<Response>;
}
const load = requireOf('llmops');
const { default: app } = load('@llmops/gateway') as { default: App };
const { serve } = load('@hono/node-server') as {
  serve(options: object, listening: (address: { port: number }) => void): void;
};
process.on('disconnect', () => process.exit());
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => process.send!({ port }));
