/** The package as an ES module. */
import * as postern from 'postern';
import * as bedrock from 'postern/bedrock';
import * as langchain from 'postern/langchain';
import * as otel from 'postern/otel';
import * as postgres from 'postern/postgres';
import * as redaction from 'postern/redaction';
import * as redis from 'postern/redis';
import * as server from 'postern/server';
import * as spend from 'postern/spend';
import * as sqlite from 'postern/sqlite';
import { checkPackage, checkStores } from './checks.mjs';

await checkPackage({ postern, bedrock, langchain, otel, redaction, server, spend }, process.argv[2] === 'peers');
await checkStores({ sqlite, redis, postgres }, postern, process.argv[2]);
