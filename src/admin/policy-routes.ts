/** Policies, and limits that are overridden. Paths and shapes are those of LangSmith's API where they overlap. */
import * as z from 'zod';
import { isRecord } from '../core/record.ts';
import { partsOf } from '../gateway/gateway.ts';
import { type PolicyPatch, policyBody, policyEffect, policyPatch, policyResource } from '../resources/policy.ts';
import { withoutFacts } from '../resources/policy-export.ts';
import { overrideBody, overrideResource } from '../resources/spend.ts';
import { spendByPolicy } from './accounts.ts';
import { checked } from './checked.ts';
import type { AdminParts } from './parts.ts';
import { notFound } from './problem.ts';
import { type Call, type Route, route } from './route.ts';
import { type EffectivePolicy, policyResourceOf } from './stored-policies.ts';

const POLICIES = '/v1/platform/gateway-policies';

/** Which config it must be is known with the policy; then all that is wrong with it can be told. */
const loosePatch = policyPatch.extend({ config: z.record(z.string(), z.unknown()).optional() });

export const policyList = z.object({ policies: z.array(policyResource) });
export const overrideList = z.object({ overrides: z.array(overrideResource) });
const policyQuery = z.strictObject({
  policy_type: z.enum(['spend_cap', 'default_spend_cap', 'rate_limit', 'default_rate_limit', 'guard']).optional(),
});

export function policyRoutes({ gateway, policies, feed, now }: AdminParts): Route[] {
  const { ledger } = partsOf(gateway).pipeline;
  const known = ({ params }: Call<unknown, unknown>): EffectivePolicy => {
    const policy = policies.get(params.id!);
    if (!policy) throw notFound('policy');
    return policy;
  };
  const told = async (policy: EffectivePolicy) => {
    const caps = policies.caps().filter((cap) => cap.policy.id === policy.id);
    return policyResourceOf(policy, (await spendByPolicy(ledger, caps, now())).get(policy.id));
  };
  return [
    route({
      method: 'GET',
      path: POLICIES,
      role: 'viewer',
      summary: 'All policies, in the order in which they are asked',
      query: policyQuery,
      response: policyList,
      status: 200,
      handler: async ({ query: { policy_type: type } }) => {
        const wanted = policies.list().filter(({ body }) => type === undefined || body.policy_type === type);
        const ids = new Set(wanted.map(({ id }) => id));
        const caps = policies.caps().filter(({ policy }) => ids.has(policy.id));
        const spent = await spendByPolicy(ledger, caps, now());
        return { policies: wanted.map((policy) => policyResourceOf(policy, spent.get(policy.id))) };
      },
    }),
    route({
      method: 'POST',
      path: POLICIES,
      role: 'admin',
      summary: 'Make a policy, or put another in the place of that of the same name, whose id it keeps',
      body: policyBody,
      // A policy that an API told of can be written as it is: what only a server sets is set here anew.
      read: (json) => checked(policyBody, isRecord(json) ? withoutFacts(json) : json),
      response: policyResource,
      status: 201,
      handler: async ({ body, ...by }) => told(await policies.save(body, by)),
    }),
    route({
      method: 'GET',
      path: `${POLICIES}/{id}`,
      role: 'viewer',
      summary: 'One policy',
      response: policyResource,
      status: 200,
      handler: (call) => told(known(call)),
    }),
    route({
      method: 'PATCH',
      path: `${POLICIES}/{id}`,
      role: 'admin',
      summary: 'Change fields of a policy; of one of the configuration its mode alone',
      body: policyPatch,
      read: (json) => checked(loosePatch, json) as PolicyPatch,
      response: policyResource,
      status: 200,
      handler: async ({ params, body, ...by }) => told(await policies.update(params.id!, body, by)),
    }),
    route({
      method: 'DELETE',
      path: `${POLICIES}/{id}`,
      role: 'admin',
      summary: 'Take a policy out, with its overrides',
      status: 204,
      handler: async ({ params, ...by }) => {
        await policies.delete(params.id!, by);
        return undefined;
      },
    }),
    route({
      method: 'GET',
      path: `${POLICIES}/{id}/effect`,
      role: 'viewer',
      summary: 'What a policy did, or would have done, over the calls that this server remembers',
      response: policyEffect,
      status: 200,
      handler: (call) => {
        const { id, body } = known(call);
        return feed.effect(body.name, id);
      },
    }),
  ];
}

export function overrideRoutes({ overrides }: AdminParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/overrides',
      role: 'viewer',
      summary: 'Limits that are overridden, the newest first',
      response: overrideList,
      status: 200,
      handler: () => ({ overrides: overrides.list() }),
    }),
    route({
      method: 'POST',
      path: '/v1/overrides',
      role: 'admin',
      summary: 'Give some callers of a spend cap another limit until an instant',
      body: overrideBody,
      response: overrideResource,
      status: 201,
      handler: ({ body, ...by }) => overrides.create(body, by),
    }),
    route({
      method: 'DELETE',
      path: '/v1/overrides/{id}',
      role: 'admin',
      summary: 'End an override',
      status: 204,
      handler: async ({ params, ...by }) => {
        await overrides.delete(params.id!, by);
        return undefined;
      },
    }),
  ];
}
