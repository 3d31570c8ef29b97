import { LeasedLedger } from '../../src/stores/leased.ts';
import { memoryLedger } from '../../src/stores/memory.ts';
import { ledgerSuite } from './ledger-suite.ts';

ledgerSuite(
  'leases over memory',
  (clock) => {
    const now = (): number => clock.now;
    const ledger = new LeasedLedger(memoryLedger({ now }), { now });
    return { ledger, close: () => ledger.close() };
  },
  { runs: 300 },
);
