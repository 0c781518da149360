import { expect, test, vi } from 'vitest';
import type { Condition, PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { writeStatus } from './write-status.ts';

const ready = (status: Condition['status'], reason: string): Condition => ({
  type: 'Ready',
  status,
  reason,
  message: `because ${reason}`,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

function world(before: PipelineStatus | undefined) {
  const pipeline = {
    apiVersion: 'likeness.dev/v1alpha1',
    kind: 'ProfilePipeline',
    metadata: { name: 'shop', namespace: 'shops', resourceVersion: '7' },
    status: before,
  } as PipelineObject;
  const mergePatch = vi.fn(async () => ({}));
  const record = vi.fn();
  return {
    mergePatch,
    record,
    write: (status: PipelineStatus) =>
      writeStatus({ api: { mergePatch } as never, events: { record } }, pipeline, status),
  };
}

test('nothing is written where nothing differs', async () => {
  const { write, mergePatch, record } = world({ epoch: 1, conditions: [ready('True', 'Ready')] });
  await write({ epoch: 1, conditions: [ready('True', 'Ready')] });
  expect(mergePatch).not.toHaveBeenCalled();
  expect(record).not.toHaveBeenCalled();
});

test('only the difference is written, against the version that was read', async () => {
  const { write, mergePatch } = world({ epoch: 1, lag: '4' });
  await write({ epoch: 1, lag: '5' });
  expect(mergePatch).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ plural: 'profilepipelines' }),
    { namespace: 'shops', name: 'shop' },
    { metadata: { resourceVersion: '7' }, status: { lag: '5' } },
    { subresource: 'status' },
  );
});

test.each<[string, Condition | undefined, Condition, object | undefined]>([
  ['it begins', undefined, ready('Unknown', 'Checking'), { type: 'Normal', reason: 'Checking' }],
  ['it becomes ready', ready('False', 'NotReady'), ready('True', 'Ready'), { type: 'Normal', reason: 'Ready' }],
  ['it fails', ready('True', 'Ready'), ready('False', 'Failing'), { type: 'Warning', note: 'because Failing' }],
  ['the reason is another', ready('False', 'NotReady'), ready('False', 'Failing'), { reason: 'Failing' }],
  ['only the words differ', ready('False', 'X'), { ...ready('False', 'X'), message: 'other' }, undefined],
])('an Event when %s', async (_name, before, after, wanted) => {
  const { write, record } = world(before && { conditions: [before] });
  await write({ conditions: [after] });
  if (wanted === undefined) expect(record).not.toHaveBeenCalled();
  else expect(record).toHaveBeenCalledExactlyOnceWith(expect.anything(), expect.objectContaining(wanted));
});
