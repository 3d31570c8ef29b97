/** The stores alone, with the SQLite driver of old Nodes. */
import * as postern from 'postern';
import * as postgres from 'postern/postgres';
import * as redis from 'postern/redis';
import * as sqlite from 'postern/sqlite';
import { checkStores } from './checks.mjs';

await checkStores({ sqlite, redis, postgres }, postern, 'sqlite');
