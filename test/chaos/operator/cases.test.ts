/** How the cases of the operator's chaos come about: the names of writes, and what is chosen of them. */
import { expect, it } from 'vitest';
import { casesOf, chosen, faults, livesOf } from './faults.ts';
import { isRenewal, isWrite, writeName } from './writes.ts';

const named = (method: string, url: string, body: object = {}): string =>
  writeName({ method, url, body: JSON.stringify(body) });

it('calls a write the same in every run', () => {
  const apps = '/apis/apps/v1/namespaces/one/deployments';
  expect(named('PATCH', `${apps}/shop-serving?force=true&fieldManager=likeness-operator`)).toBe(
    'PATCH deployments/shop-serving',
  );
  expect(named('PATCH', '/api/v1/namespaces/two/configmaps/shop-spec-0b96d576')).toBe(
    'PATCH configmaps/shop-spec-HASH',
  );
  expect(named('POST', '/apis/batch/v1/namespaces/two/jobs', { metadata: { name: 'shop-train-0a1b2c3d' } })).toBe(
    'POST jobs/shop-train-HASH',
  );
  expect(named('PATCH', '/apis/likeness.dev/v1alpha1/namespaces/a/profilepipelines/shop/status')).toBe(
    'PATCH profilepipelines/shop/status',
  );
  expect(named('POST', '/apis/events.k8s.io/v1/namespaces/a/events', { reason: 'Ready' })).toBe('POST events/Ready');
});

it('takes the making of a lease for a write, and its renewals for none of a scenario', () => {
  const url = '/apis/coordination.k8s.io/v1/namespaces/a/leases';
  expect(isRenewal({ method: 'PUT', url: `${url}/likeness-operator` })).toBe(true);
  expect(isRenewal({ method: 'POST', url })).toBe(false);
  expect(isWrite({ method: 'GET' })).toBe(false);
});

it('disturbs every occurrence of a write in every way, and no watch of what nobody watches', () => {
  const cases = casesOf('create', new Map([['PATCH services/shop-serving', 2]]));
  expect(cases).toHaveLength(2 * faults.length);
  expect(new Set(cases.map(({ occurrence }) => occurrence))).toEqual(new Set([1, 2]));
  const events = casesOf('create', new Map([['POST events/Ready', 1]]));
  expect(events.filter(({ fault }) => fault.startsWith('watch'))).toEqual([]);
  expect(events).toHaveLength(faults.length - 4);
});

it('chooses as many as it is to, others with another seed, the same with the same', () => {
  const cases = casesOf('create', new Map(Array.from({ length: 40 }, (_, index) => [`PATCH services/s${index}`, 1])));
  const some = chosen(cases, 0.2, 1);
  expect(some).toHaveLength(Math.ceil(cases.length * 0.2));
  expect(chosen(cases, 0.2, 1)).toEqual(some);
  expect(chosen(cases, 0.2, 2)).not.toEqual(some);
  expect(chosen(cases, 1, 3)).toEqual(cases);
});

it('puts one case of each scenario into a life, and loses none', () => {
  const create = casesOf('create', new Map([['PATCH services/a', 1]]));
  const removal = casesOf('delete', new Map([['DELETE deployments/a', 1]])).slice(0, 2);
  const lives = livesOf([...create, ...removal]);
  expect(lives).toHaveLength(create.length);
  expect(lives[0]).toEqual({ create: create[0], delete: removal[0] });
  expect(lives.flatMap((life) => Object.values(life))).toHaveLength(create.length + removal.length);
});
