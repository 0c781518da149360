/** Looks of the gate against an API server that only remembers what it was asked, and a cache that may lag. */
import { describe, expect, it } from 'vitest';
import { exampleSpec, rendered } from '../../../test/golden/examples.ts';
import type { GateRequest } from '../../gate.ts';
import { gateJobName } from '../render/gate-job.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { KubeObject, Resource } from '../runtime/resource.ts';
import { Gates } from './gates.ts';

const request = (runId: string): GateRequest => ({
  model: 'next-item',
  runId,
  digest: `digest-${runId}`,
  against: null,
});

function world(suspend = false) {
  const created: KubeObject[] = [];
  const state = { cache: [] as KubeObject[], failure: undefined as Error | undefined };
  const api = {
    create: async (_: Resource, object: KubeObject) => {
      if (state.failure) throw state.failure;
      if (created.some(({ metadata }) => metadata.name === object.metadata.name))
        throw new ApiError('exists', { code: 409, reason: 'AlreadyExists' });
      created.push(object);
      return object;
    },
  } as never;
  const gates = new Gates({ api, children: { of: () => state.cache } });
  const { plan, options } = rendered({ ...exampleSpec('shop'), suspend }, 'shop');
  const want = (...runIds: string[]) =>
    gates.want('default/shop', { plan, options, requests: runIds.map((runId) => request(runId)) });
  /** The cache has caught up, and the Job of this run has come to this. */
  const end = (runId: string, type: 'Complete' | 'Failed', status = 'True'): void => {
    const name = gateJobName('shop', request(runId));
    state.cache = created.map((job) =>
      job.metadata.name === name ? { ...job, status: { conditions: [{ type, status }] } } : job,
    );
  };
  const names = () => created.map(({ metadata }) => metadata.name);
  return { state, gates, want, end, names, hint: () => gates.hintOf('default/shop') };
}

describe('looks of the gate', () => {
  it('are Jobs, one for each candidate that waits, and once', async () => {
    const { state, want, names, end } = world();
    await want('a', 'b');
    expect(names()).toEqual(['a', 'b'].map((runId) => gateJobName('shop', request(runId))));
    // The cache lags behind: the API server refuses the second.
    await want('a', 'b');
    end('a', 'Complete', 'False');
    state.failure = new Error('nothing new may be asked for');
    await want('a', 'b');
    expect(names()).toHaveLength(2);
  });

  it('are taken again once one that has failed is cleared away, and not before', async () => {
    const { state, want, end, names } = world();
    await want('a');
    end('a', 'Failed');
    state.failure = new Error('it is still there');
    await want('a');
    state.failure = new ApiError('away', { code: 503, reason: 'ServiceUnavailable' });
    state.cache = [];
    await expect(want('a')).rejects.toThrow('away');
    expect(names()).toHaveLength(1);
  });

  it('are not taken while the pipeline is suspended', async () => {
    const { want, names } = world(true);
    await want('a');
    expect(names()).toEqual([]);
  });

  it('say when a verdict may have come: when one has ended well', async () => {
    const { state, want, end, hint } = world();
    expect(hint()).toBe('');
    await want('b', 'a');
    end('a', 'Failed');
    expect(hint()).toBe('');
    end('a', 'Complete', 'False');
    expect(hint()).toBe('');
    end('a', 'Complete');
    expect(hint()).toBe(gateJobName('shop', request('a')));
    // A training has nothing to say here.
    const training = { 'app.kubernetes.io/component': 'trainer' };
    state.cache = state.cache.map((job) => ({ ...job, metadata: { ...job.metadata, labels: training } }));
    expect(hint()).toBe('');
  });
});
