/** The package as CommonJS. */
const modules = {
  postern: require('postern'),
  bedrock: require('postern/bedrock'),
  langchain: require('postern/langchain'),
  otel: require('postern/otel'),
  redaction: require('postern/redaction'),
  server: require('postern/server'),
  spend: require('postern/spend'),
};

const stores = {
  sqlite: require('postern/sqlite'),
  redis: require('postern/redis'),
  postgres: require('postern/postgres'),
};

import('./checks.mjs').then(async ({ checkPackage, checkStores }) => {
  await checkPackage(modules, process.argv[2] === 'peers');
  await checkStores(stores, modules.postern, process.argv[2]);
});
