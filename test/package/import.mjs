/** The package as an ES module. */
import * as postern from 'postern';
import * as langchain from 'postern/langchain';
import * as otel from 'postern/otel';
import * as redaction from 'postern/redaction';
import * as server from 'postern/server';
import * as spend from 'postern/spend';
import { checkPackage } from './checks.mjs';

await checkPackage({ postern, langchain, otel, redaction, server, spend }, process.argv[2] === 'peers');
