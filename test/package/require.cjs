/** The package as CommonJS. */
const modules = {
  postern: require('postern'),
  langchain: require('postern/langchain'),
  otel: require('postern/otel'),
  redaction: require('postern/redaction'),
  server: require('postern/server'),
  spend: require('postern/spend'),
};

import('./checks.mjs').then(({ checkPackage }) => checkPackage(modules, process.argv[2] === 'peers'));
