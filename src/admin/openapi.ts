/** The description of the admin API (OpenAPI 3.1), made of the route table and the schemas that routes check with. */
import * as z from 'zod';
import { issuedKey, keyBody, keyPatch, keyResource, keyRotation } from '../resources/key.ts';
import {
  auditResource,
  auditVerification,
  eventResource,
  healthResource,
  problem,
  providerResource,
  whoamiResource,
} from '../resources/operation.ts';
import { policyBody, policyEffect, policyPatch, policyResource } from '../resources/policy.ts';
import {
  accountResource,
  overrideBody,
  overrideResource,
  priceBody,
  priceResource,
  pricesResource,
  rollupResource,
} from '../resources/spend.ts';
import { auditList } from './audit-routes.ts';
import { eventList } from './event-routes.ts';
import { keyList } from './key-routes.ts';
import { overrideList, policyList } from './policy-routes.ts';
import type { Route } from './route.ts';
import { aliveResource, providerList, readyResource } from './server-routes.ts';
import { accountList } from './spend-routes.ts';

const SCHEMAS = {
  Account: accountResource,
  AccountList: accountList,
  Alive: aliveResource,
  AuditList: auditList,
  AuditRecord: auditResource,
  AuditVerification: auditVerification,
  Event: eventResource,
  EventList: eventList,
  Health: healthResource,
  IssuedKey: issuedKey,
  Key: keyResource,
  KeyBody: keyBody,
  KeyList: keyList,
  KeyPatch: keyPatch,
  KeyRotation: keyRotation,
  Override: overrideResource,
  OverrideBody: overrideBody,
  OverrideList: overrideList,
  Policy: policyResource,
  PolicyBody: policyBody,
  PolicyEffect: policyEffect,
  PolicyList: policyList,
  PolicyPatch: policyPatch,
  Price: priceResource,
  PriceBody: priceBody,
  Prices: pricesResource,
  Problem: problem,
  Provider: providerResource,
  ProviderList: providerList,
  Ready: readyResource,
  Rollup: rollupResource,
  Whoami: whoamiResource,
} as const satisfies Record<string, z.ZodType>;

type JsonObject = Record<string, unknown>;

const refTo = (name: string): string => `#/components/schemas/${name}`;

function openApiDocument(routes: readonly Route[], version: string): JsonObject {
  const names = new Map<z.ZodType, string>(Object.entries(SCHEMAS).map(([name, schema]) => [schema, name]));
  const paths: Record<string, JsonObject> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, names) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern admin API',
      version,
      description: 'Policies, keys, prices, spend, events and the audit log of a Postern server.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ adminToken: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'What is wrong, and with which field',
          content: { 'application/json': { schema: { $ref: refTo('Problem') } } },
        },
      },
    },
  };
}

/** The route that gives the description, which describes it too. */
export function descriptionRoute(routes: readonly Route[], version: string): Route {
  const own: Route = {
    method: 'GET',
    path: '/openapi.json',
    role: 'anybody',
    summary: 'This description',
    type: 'application/json',
    status: 200,
    handler: () => new Response(text, { headers: { 'content-type': 'application/json' } }),
  };
  const text = JSON.stringify(openApiDocument([...routes, own], version));
  return own;
}

function componentSchemas(): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: refTo, io: 'input', unrepresentable: 'any', override: opened });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutIds(schema)]));
}

/** A policy is a body with more beside it, so its body's alternatives are not the whole of what may stand there. */
function opened({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: unknown;
  jsonSchema: { additionalProperties?: unknown };
}): void {
  if ((policyBody.options as readonly unknown[]).includes(zodSchema)) delete jsonSchema.additionalProperties;
}

function withoutIds({ $id: _, $schema: __, ...schema }: JsonObject): JsonObject {
  return schema;
}

function operationOf(route: Route, names: ReadonlyMap<z.ZodType, string>): JsonObject {
  const parameters = [...pathParameters(route.path), ...queryParameters(route)];
  const schemaOf = (schema: z.ZodType): JsonObject => {
    const name = names.get(schema);
    if (name === undefined) throw new Error(`${route.method} ${route.path} has a schema without a name`);
    return { $ref: refTo(name) };
  };
  return {
    summary: route.summary,
    operationId: operationId(route),
    ...(route.role === 'anybody' ? { security: [] } : { 'x-postern-role': route.role }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } },
    }),
    responses: {
      ...Object.fromEntries(
        [route.status, ...(route.also ?? [])].map((status) => [status, answerOf(route, status, schemaOf)]),
      ),
      ...(route.role === 'anybody' ? {} : { default: { $ref: '#/components/responses/Problem' } }),
    },
  };
}

function answerOf({ response, type, summary }: Route, status: number, schemaOf: (schema: z.ZodType) => JsonObject) {
  if (response) return { description: summary, content: { 'application/json': { schema: schemaOf(response) } } };
  if (type !== undefined)
    return {
      description: summary,
      content: { [type]: { schema: type === 'application/json' ? { type: 'object' } : { type: 'string' } } },
    };
  return { description: status === 204 ? 'Done' : summary };
}

/** `get_v1_keys_id`. */
function operationId({ method, path }: Route): string {
  const words = path.split(/\W+/).filter((word) => word !== '');
  return [method.toLowerCase(), ...words].join('_');
}

export function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
}

function pathParameters(path: string): JsonObject[] {
  return pathNames(path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters({ query }: Route): JsonObject[] {
  if (!query) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', schema },
    required: required.includes(name),
  }));
}
