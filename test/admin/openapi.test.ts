/** The description is made of the routes; this checks that it is one. */
import { expect, it } from 'vitest';
import { openAdmin } from './support/open-admin.ts';

type Json = Record<string, unknown>;

const { admin, ask } = await openAdmin({ version: '1.2.3' });
const response = await ask('GET', '/openapi.json', { token: null });
const document = (await response.json()) as Json & {
  paths: Record<string, Record<string, Json>>;
  components: { schemas: Record<string, Json> };
};

function* within(value: unknown): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Json;
  for (const inner of Object.values(value)) yield* within(inner);
}

function pointed(ref: string): unknown {
  const steps = ref.slice(2).split('/');
  return steps.reduce<unknown>((at, step) => (at as Json | undefined)?.[step], document);
}

it('is OpenAPI 3.1, for anybody', () => {
  expect(response.status).toBe(200);
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Postern admin API', version: '1.2.3' });
  expect(Object.keys(document)).toEqual(['openapi', 'info', 'servers', 'security', 'paths', 'components']);
});

it('has each route, with its role and what it takes', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(admin.routes.map(({ method, path }) => `${method} ${path}`).sort());
  for (const { method, path, role, body } of admin.routes) {
    const operation = document.paths[path]![method.toLowerCase()]!;
    expect(operation.summary).toBeTruthy();
    if (role === 'anybody') expect(operation.security).toEqual([]);
    else expect(operation['x-postern-role']).toBe(role);
    expect('requestBody' in operation).toBe(body !== undefined);
  }
});

it('has unique operation ids, and all parameters of each path', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, operation } of operations) {
    const parameters = (operation.parameters ?? []) as { name: string; in: string; required: boolean; schema: Json }[];
    const names = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
    expect(names).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    for (const { schema } of parameters) expect(schema).toBeTypeOf('object');
    for (const [status, answer] of Object.entries(operation.responses as Record<string, Json>)) {
      expect(status).toMatch(/^(?:[2-5]\d\d|default)$/);
      expect('description' in answer || '$ref' in answer).toBe(true);
    }
  }
});

it('refers to nothing that is not in it', () => {
  const refs = [...within(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
  expect(refs.length).toBeGreaterThan(40);
  expect(refs.filter((ref) => !ref.startsWith('#/components/') || pointed(ref) === undefined)).toEqual([]);
  const used = new Set(refs);
  const unused = Object.keys(document.components.schemas).filter((name) => !used.has(`#/components/schemas/${name}`));
  expect(unused).toEqual([]);
});

it('holds JSON Schema alone', () => {
  const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
  for (const node of within(document.components.schemas)) {
    if (typeof node.type === 'string') expect(TYPES).toContain(node.type);
    expect(node).not.toHaveProperty('$schema');
    expect(node).not.toHaveProperty('$id');
  }
});

it('lets a policy have what a body has and more', () => {
  const body = document.components.schemas.PolicyBody as { oneOf: Json[] };
  expect(body.oneOf).toHaveLength(3);
  for (const one of body.oneOf) expect(one).not.toHaveProperty('additionalProperties');
});
