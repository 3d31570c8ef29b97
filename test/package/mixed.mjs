/** Both copies of the package in one process, as when an ES module app uses a CommonJS library: each takes the other's objects. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as esm from 'postern';
import * as esmServer from 'postern/server';
import { checkHandler, checkPackage } from './checks.mjs';

const require = createRequire(import.meta.url);
const cjs = require('postern');
const hasPeers = process.argv[2] === 'peers';

assert.notEqual(esm.createGateway, cjs.createGateway);
const modules = {
  bedrock: require('postern/bedrock'),
  langchain: require('postern/langchain'),
  otel: require('postern/otel'),
  redaction: require('postern/redaction'),
  spend: require('postern/spend'),
};
await checkPackage({ ...modules, postern: esm, server: require('postern/server') }, hasPeers);
await checkHandler(await import('postern/langchain'), cjs, hasPeers);

const contexts = [];
const observer = { start: ({ identity }) => contexts.push(identity.user) };
const gateway = esm.createGateway({ observers: [observer], fetch: async () => Response.json({}) });
const request = { method: 'POST', body: JSON.stringify({ model: 'gpt-4o', messages: [] }) };
await cjs
  .createGateway()
  .withContext({ user: 'ada' }, () => gateway.fetch('http://127.0.0.1/v1/chat/completions', request));
assert.deepEqual(contexts, ['ada']);

const bad = assert.throws.bind(assert, () => cjs.createGateway({ policies: 1 }));
bad((error) => esm.isGatewayError(error, 'invalid_option'));
assert.throws(
  () => esmServer.createGatewayServer({ gateway: {} }),
  (error) => cjs.isGatewayError(error, 'invalid_option'),
);
