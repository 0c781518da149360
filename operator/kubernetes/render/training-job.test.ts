/** The Job of a training: where it may run, and what its end means. */
import { describe, expect, it } from 'vitest';
import type { V1JobSpec } from '@kubernetes/client-node';
import { exampleSpec, rendered, specOf } from '../../../test/golden/examples.ts';
import { restrictedViolations } from './restricted-standard.ts';
import { renderTrainingJob } from './training-job.ts';

const run = { name: 'shop-train-0a1b2c3d', runId: 'run-7', trigger: 'Drift', memory: '{}' } as const;

function jobOf(training: string, models = '[]') {
  const spec = specOf(
    `apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\nspec: {preset: shop/v1, models: ${models}, training: ${training}}\n`,
  );
  const { plan, options } = rendered(spec, 'shop', { trainerImage: 'trainer:1', trainerGpuImage: 'trainer:1-gpu' });
  const job = renderTrainingJob(plan, run, options);
  const jobSpec = job['spec'] as V1JobSpec;
  const pod = jobSpec.template.spec!;
  return { job, jobSpec, pod, container: pod.containers[0]! };
}

const classifier = (kind: string) => `[{name: buys, classify: {label: {events: [purchase]}, kind: ${kind}}}]`;

const variable = ({ container }: ReturnType<typeof jobOf>, key: string) =>
  container.env!.find(({ name }) => name === key)?.value;

describe('the Job of a training', () => {
  it('says what it is of, and why', () => {
    const made = jobOf('{}');
    expect(made.job.metadata).toMatchObject({
      name: run.name,
      labels: { 'likeness.dev/trigger': 'Drift', 'likeness.dev/pipeline': 'shop' },
      annotations: { 'likeness.dev/run-id': 'run-7', 'likeness.dev/training-memory': '{}' },
    });
    expect(variable(made, 'LIKENESS_RUN_ID')).toBe('run-7');
    expect(variable(made, 'LIKENESS_REPORT')).toBe('shop-trainer-report');
    expect(variable(made, 'LIKENESS_GPUS')).toBe('1');
    expect(variable(made, 'LIKENESS_SINCE')).toBeUndefined();
    expect(restrictedViolations(made.jobSpec.template)).toEqual([]);
  });

  it.each([
    ['sequential rules and EASE', '[]', 'likeness:0.1.0', 'likeness:0.1.0'],
    [
      'a ranker',
      '[{name: next-item, recommend: {history: history, target: [purchase], ranker: {}}}]',
      'trainer:1-gpu',
      'trainer:1',
    ],
    ['a neural classifier', classifier('Mlp'), 'trainer:1-gpu', 'trainer:1'],
    ['a classifier that may be one', classifier('Auto'), 'trainer:1-gpu', 'trainer:1'],
    ['trees', classifier('Trees'), 'likeness:0.1.0', 'likeness:0.1.0'],
    ['a linear classifier', classifier('Linear'), 'likeness:0.1.0', 'likeness:0.1.0'],
  ])('of %s has the image that has what it takes, on GPUs and on processors', (_name, models, onGpu, onProcessors) => {
    expect(jobOf('{}', models).container.image).toBe(onGpu);
    expect(jobOf('{gpu: {count: 0}}', models).container.image).toBe(onProcessors);
    expect(jobOf('{image: "own:2"}', models).container.image).toBe('own:2');
  });

  it('ends at once where no repetition helps, and counts no attempt that was moved away', () => {
    const { jobSpec, pod } = jobOf('{retries: 5, activeDeadlineSeconds: 600}');
    expect(jobSpec).toMatchObject({ backoffLimit: 5, activeDeadlineSeconds: 600 });
    expect(pod.restartPolicy).toBe('Never');
    expect(jobSpec.podFailurePolicy!.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'trainer', operator: 'In', values: [2, 64, 65] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
    expect(jobOf('{}').jobSpec).not.toHaveProperty('activeDeadlineSeconds');
  });

  it('tells the trainer how many GPUs it has, none too', () => {
    expect(variable(jobOf('{gpu: {count: 0}}'), 'LIKENESS_GPUS')).toBe('0');
    expect(variable(jobOf('{gpu: {resourceClaimTemplateName: gpus}}'), 'LIKENESS_GPUS')).toBe('1');
  });

  it('of several workers is indexed, tries each again by itself, and ends with one that is given up', () => {
    const made = jobOf('{workers: 3, retries: 2, gpu: {count: 2}}');
    expect(made.jobSpec).toMatchObject({
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimitPerIndex: 2,
      maxFailedIndexes: 0,
    });
    expect(made.jobSpec).not.toHaveProperty('backoffLimit');
    expect(variable(made, 'LIKENESS_TRAINERS')).toBe('3');
    // Of each.
    expect(variable(made, 'LIKENESS_GPUS')).toBe('2');
    expect(made.container.resources!.limits).toEqual({ 'nvidia.com/gpu': '2' });
    const single = jobOf('{}');
    expect(single.jobSpec).not.toHaveProperty('completionMode');
    expect(variable(single, 'LIKENESS_TRAINERS')).toBeUndefined();
  });

  it('asks for one GPU without a word, for none at 0', () => {
    expect(jobOf('{}').container.resources!.limits).toEqual({ 'nvidia.com/gpu': '1' });
    const onProcessors = jobOf('{gpu: {count: 0}}');
    expect(onProcessors.container.resources).toEqual({ requests: { cpu: '1', memory: '2Gi' } });
    expect(onProcessors.pod).not.toHaveProperty('affinity');
  });

  it('goes where the spec sends it', () => {
    const { pod, container } = jobOf(`{
      image: "own:2", priorityClassName: low, resources: {limits: {memory: 4Gi}},
      gpu: {resourceName: nvidia.com/mig-1g.5gb, count: 2, products: [NVIDIA-A100], runtimeClassName: nvidia,
            tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]}}`);
    expect(container.image).toBe('own:2');
    expect(container.resources!.limits).toEqual({ memory: '4Gi', 'nvidia.com/mig-1g.5gb': '2' });
    expect(pod).toMatchObject({
      priorityClassName: 'low',
      runtimeClassName: 'nvidia',
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    });
    const [term] = pod.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms;
    expect(term).toEqual({
      matchExpressions: [{ key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-A100'] }],
    });
  });

  it('claims its devices where a template is named', () => {
    const { pod, container } = jobOf('{gpu: {resourceClaimTemplateName: one-gpu}}');
    expect(pod.resourceClaims).toEqual([{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }]);
    expect(container.resources!.claims).toEqual([{ name: 'gpu' }]);
    expect(container.resources).not.toHaveProperty('limits');
  });

  it('waits in a queue of Kueue, which alone decides on its suspension', () => {
    const { job, jobSpec } = jobOf('{queueName: gpu-queue}');
    expect(job.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'gpu-queue' });
    expect(jobSpec).not.toHaveProperty('suspend');
    expect(jobOf('{}').job.metadata.labels).not.toHaveProperty('kueue.x-k8s.io/queue-name');
  });

  it('is told everything to the letter, though Kubernetes takes dollars for its own', () => {
    const { plan, options } = rendered(exampleSpec('shop'));
    const workloads = plan.workloads.map((workload) => ({
      ...workload,
      env: { ...workload.env, LIKENESS_KAFKA: '$(LIKENESS_RUN_ID)$$:9092' },
    }));
    const job = renderTrainingJob({ ...plan, workloads }, run, options)['spec'] as V1JobSpec;
    const { value } = job.template.spec!.containers[0]!.env!.find(({ name }) => name === 'LIKENESS_KAFKA')!;
    expect(value).toBe('$$(LIKENESS_RUN_ID)$$$$:9092');
  });

  it('holds no token but one for its report, for an hour', () => {
    const { pod } = jobOf('{}');
    const [source] = pod.volumes!.find(({ name }) => name === 'token')!.projected!.sources!;
    expect(source).toEqual({ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } });
  });
});
