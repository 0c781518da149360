/** What a role grants, and what of it was used, in the same words: `apps/deployments patch`. */
import type { V1PolicyRule } from '@kubernetes/client-node';
import type { AuditedRequest } from '../../testbed/kubernetes/audit.ts';

export function grantsOf(rules: readonly V1PolicyRule[]): string[] {
  const grants = rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => grant({ group, resource, verb }))),
    ),
  );
  return [...new Set(grants)].toSorted();
}

/** Of what was allowed, found or not. An object that is applied and was not there needs create as well as patch. */
export function usedBy(requests: readonly AuditedRequest[]): string[] {
  const used = requests
    .filter(({ allowed, status, resource }) => allowed && status !== 403 && resource !== '')
    .flatMap(({ group, resource, subresource, verb, status }) => {
      const whole = subresource === '' ? resource : `${resource}/${subresource}`;
      const verbs = verb === 'patch' && status === 201 ? ['patch', 'create'] : [verb];
      return verbs.map((each) => grant({ group, resource: whole, verb: each }));
    });
  return [...new Set(used)].toSorted();
}

const grant = ({ group, resource, verb }: { group: string; resource: string; verb: string }): string =>
  `${group === '' ? 'core' : group}/${resource} ${verb}`;
