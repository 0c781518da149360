/** What a pipeline says of the cluster that it runs in: Secrets, sizes, autoscaling, tolerations. */
import { z } from 'zod';
import { orderedList } from './lists.ts';
import { withRules } from './rules.ts';
import { patterned, whole } from './scalars.ts';

/** Names of Kubernetes objects; `what` completes "the name of". */
export function objectName(what: string) {
  return patterned(
    253,
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    `the name of ${what}: lowercase letters, digits, "-" and ".", at most 253 characters`,
  );
}

export const secretRef = z.strictObject({ name: objectName('a Secret').describe('Name of the Secret.') });

export const tlsSchema = z.strictObject({
  caSecretRef: z
    .strictObject({
      name: objectName('a Secret').describe('Name of the Secret.'),
      key: patterned(253, /^[-._a-zA-Z0-9]+$/, 'a key of a Secret: letters, digits, "-", "_" and "."')
        .default('ca.crt')
        .describe('The key that holds the certificates, as PEM.'),
    })
    .describe("A Secret with the certificates of the authorities that are trusted. Absent: the system's.")
    .optional(),
});

export const imageRef = patterned(
  500,
  /^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$/,
  'the name of an image such as registry.example.com/likeness:1.0',
);

const processor = patterned(
  16,
  /^([1-9][0-9]{0,5}m|[1-9][0-9]{0,3}(\.[0-9]{1,3})?|0\.[0-9]{1,3})$/,
  'a quantity of processor in quotes, such as "500m" or "2"',
);

const bytes = patterned(
  24,
  /^[1-9][0-9]{0,14}(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti|k|M|G|T)?$/,
  'a quantity of bytes in quotes, such as "512Mi" or "2Gi"',
);

const amounts = z.strictObject({
  cpu: processor.describe('Processor: 1 is one core, 500m half of one.').optional(),
  memory: bytes.describe('Memory.').optional(),
  'ephemeral-storage': bytes.describe('Local disk.').optional(),
});

export type Amounts = z.output<typeof amounts>;

const factors: Readonly<Record<string, number>> = {
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity of Kubernetes as a number: cores, or bytes. */
export function quantity(text: string): number {
  const unit = /[a-zA-Z]*$/.exec(text)![0];
  return Number(text.slice(0, text.length - unit.length)) * (unit === '' ? 1 : factors[unit]!);
}

const within = (amount: 'cpu' | 'memory') => ({
  rule:
    `!has(self.requests) || !has(self.limits) || !has(self.requests.${amount}) || !has(self.limits.${amount}) || ` +
    `quantity(self.requests.${amount}).compareTo(quantity(self.limits.${amount})) <= 0`,
  message: `requests.${amount} of at most limits.${amount}`,
  fieldPath: `.requests.${amount}`,
  violations: ({ requests, limits }: { requests?: Amounts | undefined; limits?: Amounts | undefined }) => {
    const [least, most] = [requests?.[amount], limits?.[amount]];
    return least && most && quantity(least) > quantity(most) ? [['requests', amount]] : [];
  },
});

export const resourcesSchema = withRules(
  z.strictObject({
    requests: amounts
      .describe('What each pod has set aside for it. Absent: as much as such a stage usually needs.')
      .optional(),
    limits: amounts.describe('What each pod may use at most. Absent: no limit.').optional(),
  }),
  [within('cpu'), within('memory')],
);

export type Resources = z.output<typeof resourcesSchema>;

const bounds = {
  minReplicas: whole(1, 1000).default(1).describe('At least so many.'),
  maxReplicas: whole(1, 1000).describe(
    'At most so many; of a stage that waits on a stream, never more than partitions.',
  ),
};

const boundsRule = {
  rule: 'self.minReplicas <= self.maxReplicas',
  message: 'minReplicas of at most maxReplicas',
  fieldPath: '.minReplicas',
  violations: ({ minReplicas, maxReplicas }: { minReplicas: number; maxReplicas: number }) =>
    minReplicas <= maxReplicas ? [] : [['minReplicas']],
};

export const stageAutoscalingSchema = withRules(
  z.strictObject({
    mode: z
      .enum(['HPA', 'KEDA'])
      .default('HPA')
      .describe('HPA: by processor use. KEDA: by records that wait before the stage; KEDA must be installed.'),
    ...bounds,
    lagThreshold: whole(1, 1_000_000_000)
      .describe('KEDA: one replica for so many records that wait. Absent: 1000.')
      .optional(),
  }),
  [
    boundsRule,
    {
      rule: "!has(self.lagThreshold) || self.mode == 'KEDA'",
      message: 'lagThreshold only with mode KEDA',
      fieldPath: '.lagThreshold',
      violations: ({ lagThreshold, mode }) => (lagThreshold === undefined || mode === 'KEDA' ? [] : [['lagThreshold']]),
    },
  ],
);

export const servingAutoscalingSchema = withRules(
  z.strictObject({
    mode: z.enum(['HPA']).default('HPA').describe('HPA: by processor use. (Serving waits on no stream, so no KEDA.)'),
    ...bounds,
  }),
  [boundsRule],
);

export const replicas = whole(1, 1000).describe('How many share the work. Absent: 1.').optional();

/** No schema default on either side, or the other form could never be used: the plan defaults. */
export const eitherReplicasOrAutoscaling = {
  rule: '!(has(self.replicas) && has(self.autoscaling))',
  message: 'either replicas or autoscaling, not both',
  violations: (sized: { replicas?: number | undefined; autoscaling?: unknown }) =>
    sized.replicas !== undefined && sized.autoscaling !== undefined ? [[]] : [],
};

export const labelValue = patterned(
  63,
  /^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/,
  'a value of a label: letters, digits, "-", "_" and ".", at most 63 characters',
);

const tolerationSchema = withRules(
  z.strictObject({
    key: patterned(
      316,
      /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/,
      'the key of a taint such as nvidia.com/gpu',
    )
      .describe('Key of the taint. Absent: every key, which needs operator Exists.')
      .optional(),
    operator: z
      .enum(['Equal', 'Exists'])
      .default('Equal')
      .describe('Equal: the taint has this value. Exists: whatever its value.'),
    value: labelValue.describe('Value of the taint.').optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .describe('Effect of the taint. Absent: each.')
      .optional(),
    tolerationSeconds: whole(0, 2_147_483_647)
      .describe('How long a NoExecute taint is tolerated. Absent: for ever.')
      .optional(),
  }),
  [
    {
      rule: "has(self.key) || self.operator == 'Exists'",
      message: 'a key, or operator Exists',
      violations: ({ key, operator }) => (key !== undefined || operator === 'Exists' ? [] : [[]]),
    },
    {
      rule: "!has(self.value) || self.operator == 'Equal'",
      message: 'a value only with operator Equal',
      fieldPath: '.value',
      violations: ({ value, operator }) => (value === undefined || operator === 'Equal' ? [] : [['value']]),
    },
    {
      rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message: 'tolerationSeconds only with effect NoExecute',
      fieldPath: '.tolerationSeconds',
      violations: ({ tolerationSeconds, effect }) =>
        tolerationSeconds === undefined || effect === 'NoExecute' ? [] : [['tolerationSeconds']],
    },
  ],
);

export const tolerations = orderedList(tolerationSchema, 16).default([]);
