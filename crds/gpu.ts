/** The accelerators of a training, and the Job that it runs in. */
import { z } from 'zod';
import { imageRef, labelValue, objectName, resourcesSchema, tolerations } from './cluster.ts';
import { setOf } from './lists.ts';
import { withRules } from './rules.ts';
import { patterned, whole } from './scalars.ts';

const resourceName = patterned(
  128,
  /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[a-zA-Z0-9]([-a-zA-Z0-9._]*[a-zA-Z0-9])?$/,
  'the name of a resource such as nvidia.com/gpu or nvidia.com/mig-1g.5gb',
);

const gpuSchema = withRules(
  z.strictObject({
    resourceName: resourceName
      .default('nvidia.com/gpu')
      .describe('What is counted: nvidia.com/gpu, nvidia.com/gpu.shared, nvidia.com/mig-1g.5gb.'),
    count: whole(0, 64).describe('How many. 0: trains on processors. Absent: 1, unless a claim is made.').optional(),
    products: setOf(labelValue, 16)
      .default([])
      .describe('Only nodes whose label nvidia.com/gpu.product is one of these. Empty: any.'),
    runtimeClassName: objectName('a RuntimeClass')
      .describe("The container runtime that gives GPUs to pods. Absent: the node's default.")
      .optional(),
    tolerations: tolerations.describe('Taints of GPU nodes that the trainer tolerates.'),
    resourceClaimTemplateName: objectName('a ResourceClaimTemplate')
      .describe('Dynamic resource allocation: the template of the claim that the trainer makes.')
      .optional(),
  }),
  [
    {
      rule: '!(has(self.count) && has(self.resourceClaimTemplateName))',
      message: 'either count or resourceClaimTemplateName, not both',
      violations: ({ count, resourceClaimTemplateName }) =>
        count !== undefined && resourceClaimTemplateName !== undefined ? [[]] : [],
    },
  ],
);

export type Gpu = z.output<typeof gpuSchema>;

/** Fields of `training` that place the Job in a cluster. */
export const jobFields = {
  image: imageRef
    .describe(
      "In a cluster: image of the trainer. Absent: the release's: of the services, or where a ranker or a neural " +
        'classifier is trained one with TensorFlow, for GPUs where there are to be some.',
    )
    .optional(),
  workers: whole(1, 64)
    .default(1)
    .describe(
      'In a cluster: how many pods share a training, each with its GPUs and its share of the partitions; the model is ' +
        'the same. At most kafka.partitions.',
    ),
  gpu: gpuSchema.prefault({}).describe('In a cluster: the GPUs of a training.'),
  resources: resourcesSchema.describe('In a cluster: processor and memory of a training.').optional(),
  queueName: patterned(
    63,
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'the name of a LocalQueue: lowercase letters, digits and "-", at most 63 characters',
  )
    .describe('In a cluster: the Kueue queue that trainings wait in. Absent: none.')
    .optional(),
  priorityClassName: objectName('a PriorityClass')
    .describe("In a cluster: how important a training is. Absent: the cluster's default.")
    .optional(),
  retries: whole(0, 20)
    .default(3)
    .describe('In a cluster: how often a training is tried again when its process fails. Preemption does not count.'),
  activeDeadlineSeconds: whole(60, 2_592_000)
    .describe('In a cluster: a training that takes longer is given up. Absent: never.')
    .optional(),
  historyLimit: whole(1, 50).default(5).describe('In a cluster: so many ended trainings are kept to look at.'),
};
