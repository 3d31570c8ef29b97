/** The stores alone, with the SQLite driver of old Nodes, as CommonJS. */
const stores = {
  sqlite: require('postern/sqlite'),
  redis: require('postern/redis'),
  postgres: require('postern/postgres'),
};

import('./checks.mjs').then(({ checkStores }) => checkStores(stores, require('postern'), 'sqlite'));
