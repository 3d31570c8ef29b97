/**
 * A process that changes one state store again and again, for tests that run several and kill some. `node state-worker.ts <spec> <name>
 * <count>`: prints `ack <seq> <hash>` for each change that is made.
 */
import { openState } from '../../../src/state/server-state.ts';
import { openStateStore, type StateSpec } from './open-state.ts';

const [spec = '', name = '', count = '1'] = process.argv.slice(2);
const { store, close } = await openStateStore(JSON.parse(spec) as StateSpec);
const state = await openState(store, { pollMs: 0 });
for (let place = 0; place < Number(count); place++) {
  const id = `${name}-${place}`;
  const seq = await state.change((view) => ({
    entry: {
      actor: { kind: 'cli', name },
      operation: 'create_price',
      resource: { type: 'price', id },
      changes: {},
    },
    writes: [
      { kind: 'price', id, value: { made: true } },
      { kind: 'price', id: 'count', value: { count: Number(view.document('price', 'count')?.value.count ?? 0) + 1 } },
    ],
    result: view.head.seq + 1,
  }));
  process.stdout.write(`ack ${seq} ${id}\n`);
}
await state.close();
await close();
