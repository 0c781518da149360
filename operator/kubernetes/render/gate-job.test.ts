/** The Job of one look of the gate: what it is asked, what it may see, and what its end means. */
import type { V1JobSpec } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { exampleSpec, rendered } from '../../../test/golden/examples.ts';
import type { GateRequest } from '../../gate.ts';
import { gateJobName, isGateJob, renderGateJob } from './gate-job.ts';
import { restrictedViolations } from './restricted-standard.ts';

const request: GateRequest = { model: 'next-item', runId: 'run-7', digest: 'd'.repeat(64), against: 'a'.repeat(64) };

function jobOf(more: Partial<GateRequest> = {}, example = 'full') {
  const { plan, options } = rendered(exampleSpec(example), 'shop');
  const job = renderGateJob(plan, { ...request, ...more }, options);
  const jobSpec = job['spec'] as V1JobSpec;
  const pod = jobSpec.template.spec!;
  return { job, jobSpec, pod, env: new Map(pod.containers[0]!.env!.map(({ name, value }) => [name, value])) };
}

describe('the name of a look', () => {
  const nameOf = (more: Partial<GateRequest>) => gateJobName('shop', { ...request, ...more });

  it('is the same for the same candidate beside the same model, and another for any other', () => {
    expect(nameOf({})).toBe(nameOf({}));
    const others: Partial<GateRequest>[] = [
      {},
      { runId: 'run-8' },
      { digest: 'e' },
      { against: 'b' },
      { against: null },
    ];
    expect(new Set(others.map(nameOf)).size).toBe(others.length);
  });

  it('is one that a Job may have, whatever the run is called', () => {
    const longest = gateJobName('p'.repeat(40), { ...request, runId: 'R_'.repeat(80) });
    expect(longest).toMatch(/^p{40}-gate-[0-9a-f]{12}$/);
    expect(longest.length).toBeLessThanOrEqual(58);
  });
});

describe('the Job of a look', () => {
  it('says what is judged, and is told from trainings', () => {
    const { job, env } = jobOf();
    expect(job.metadata.name).toBe(gateJobName('shop', request));
    expect(env.get('LIKENESS_GATE_RUN')).toBe('run-7');
    expect(env.get('LIKENESS_GATE_DIGEST')).toBe(request.digest);
    expect(isGateJob(job)).toBe(true);
    expect(isGateJob({ metadata: { labels: { 'app.kubernetes.io/component': 'trainer' } } })).toBe(false);
    expect(isGateJob({ metadata: {} })).toBe(false);
  });

  it('has a verdict to find, and neither the key that signs nor a GPU', () => {
    const { jobSpec, pod, env } = jobOf();
    expect(JSON.parse(env.get('LIKENESS_SPEC')!)).toMatchObject({ training: { promotion: { segmentFloor: '0.1' } } });
    expect(env.get('LIKENESS_TRUSTED_KEYS')).toContain('signing.pub.pem');
    expect([...env.keys()]).not.toContain('LIKENESS_SIGNING_KEY');
    expect(JSON.stringify(pod.volumes)).not.toContain('"signing.pem"');
    expect(JSON.stringify(pod.containers[0]!.resources ?? {})).not.toContain('gpu');
    expect(restrictedViolations(jobSpec.template)).toEqual([]);
  });

  it('runs once, tries again what may pass, ends what hangs, and is cleared away', () => {
    const { jobSpec, pod } = jobOf();
    expect(pod.restartPolicy).toBe('Never');
    expect(jobSpec).toMatchObject({
      backoffLimit: expect.any(Number),
      ttlSecondsAfterFinished: 600,
      activeDeadlineSeconds: 7200,
      podReplacementPolicy: 'Failed',
    });
    expect(jobSpec.podFailurePolicy!.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'gate', operator: 'In', values: [2, 64] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
  });
});
