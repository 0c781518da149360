import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Exchange, ScriptedServer } from '../../../test/kubernetes/runtime/scripted-server.ts';
import {
  clientOf,
  type ConfigMap,
  configMap,
  hurried,
  loggedLines,
  valuesOf,
} from '../../../test/kubernetes/runtime/world.ts';
import { type Change, Informer, type InformerOptions } from './informer.ts';
import { kinds } from './kinds.ts';

let server: ScriptedServer;
let close: (() => Promise<void>)[];
beforeEach(async () => {
  server = await ScriptedServer.start();
  close = [];
});
afterEach(async () => {
  for (const end of close.reverse()) await end();
  await server.close();
});

const event = (type: string, object: object) => ({ type, object });
const bookmark = (resourceVersion: string) =>
  event('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion } });
const bare = (object: ConfigMap) => ({ metadata: object.metadata, data: object.data });

/** 50 times as fast as life: a wait of a second takes 20 ms. */
function informerOf(options: Partial<InformerOptions<ConfigMap>> & { readonly timeoutMs?: number } = {}) {
  const timing = hurried(50);
  const client = clientOf(() => server.kubeConfig(), { timing, timeoutMs: options.timeoutMs ?? 600_000 });
  const { lines, logger } = loggedLines();
  const informer = new Informer<ConfigMap>({
    api: client.api,
    resource: kinds.ConfigMap,
    timing,
    logger,
    metrics: client.metrics,
    pace: { silenceMs: 1_000_000 },
    ...options,
  });
  const told: string[] = [];
  informer.onChange(
    ({ type, object }) => void told.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`),
  );
  close.push(async () => {
    await informer.stop();
    client.transport.close();
  });
  informer.start();
  return { informer, told, lines, ...client };
}

/** Answers the list with these objects and takes the watch that follows. */
async function listThenWatch(version: string, ...objects: ConfigMap[]): Promise<Exchange> {
  const list = await server.next();
  expect(list.query.watch).toBeUndefined();
  list.list(version, objects.map(bare));
  const watch = await server.next();
  expect(watch.query).toMatchObject({ watch: '1', resourceVersion: version });
  return watch;
}

describe('listing and watching', () => {
  it('lists page by page, then watches from there with bookmarks', async () => {
    const { informer, told } = informerOf({
      labelSelector: 'app=x',
      fieldSelector: 'metadata.name=y',
      pace: { pageSize: 2 },
    });
    const first = await server.next();
    expect(first.query).toEqual({ limit: '2', labelSelector: 'app=x', fieldSelector: 'metadata.name=y' });
    first.list('10', [configMap('a', '1'), configMap('b', '2')].map(bare), 'more');
    const second = await server.next();
    expect(second.query).toMatchObject({ limit: '2', continue: 'more' });
    expect(informer.isSynced()).toBe(false);
    second.list('10', [bare(configMap('c', '3'))]);
    const watch = await server.next();
    expect(watch.url.pathname).toBe('/api/v1/configmaps');
    expect(watch.query).toMatchObject({
      watch: '1',
      resourceVersion: '10',
      allowWatchBookmarks: 'true',
      labelSelector: 'app=x',
    });
    await informer.whenSynced();
    watch.watch(
      event('MODIFIED', configMap('b', '11')),
      event('DELETED', configMap('a', '12')),
      event('ADDED', configMap('d', '13')),
    );
    await vi.waitFor(() => expect(told).toHaveLength(6));
    expect(told).toEqual(['Added a 1', 'Added b 2', 'Added c 3', 'Modified b 11', 'Deleted a 12', 'Added d 13']);
    expect([...informer.keys()]).toEqual(['default/b', 'default/c', 'default/d']);
  });

  it('gives list items their kind and drops managedFields', async () => {
    const { informer } = informerOf();
    await listThenWatch('5', configMap('a', '1', { managedFields: [{ manager: 'kubectl' }], labels: { x: 'y' } }));
    await informer.whenSynced();
    expect(informer.get('default/a')).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default', resourceVersion: '1', labels: { x: 'y' } },
      data: { key: 'value 1' },
    });
  });

  it('asks for metadata alone where that is enough', async () => {
    const { informer } = informerOf({ metadataOnly: true });
    const list = await server.next();
    expect(list.headers.accept).toBe('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
    list.list('5', [
      { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a', resourceVersion: '1' } },
    ]);
    const watch = await server.next();
    expect(watch.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
    await informer.whenSynced();
    expect(informer.get('a')).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
  });

  it('understands events that are cut anywhere, inside a character too', async () => {
    const { told } = informerOf();
    const watch = (await listThenWatch('5')).watch();
    const bytes = Buffer.from(
      `${JSON.stringify(event('ADDED', configMap('a', '6', { labels: { l: 'ü😀' } })))}\n${JSON.stringify(event('ADDED', configMap('b', '7')))}\n`,
    );
    for (const byte of bytes) {
      watch.raw(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(told).toEqual(['Added a 6', 'Added b 7']));
  });

  it('finds objects by its index, also after they changed hands', async () => {
    const { informer } = informerOf({ indexBy: (object) => object.metadata.labels?.owner });
    const watch = await listThenWatch(
      '5',
      configMap('a', '1', { labels: { owner: 'x' } }),
      configMap('b', '2', { labels: { owner: 'x' } }),
      configMap('c', '3'),
    );
    await informer.whenSynced();
    const names = (owner: string) => informer.indexed(owner).map(({ metadata }) => metadata.name);
    expect(names('x')).toEqual(['a', 'b']);
    watch.watch(
      event('MODIFIED', configMap('a', '6', { labels: { owner: 'y' } })),
      event('DELETED', configMap('b', '7')),
    );
    await vi.waitFor(() => expect(names('x')).toEqual([]));
    expect(names('y')).toEqual(['a']);
    expect(informer.size).toBe(2);
  });

  it('watches each namespace of a list by itself, and a list of one removes nothing of another', async () => {
    const { informer, told } = informerOf({ namespaces: ['one', 'two'] });
    const lists = [await server.next(), await server.next()];
    const of = (name: string) => lists.find(({ url }) => url.pathname === `/api/v1/namespaces/${name}/configmaps`)!;
    of('one').list('5', [bare(configMap('a', '1', { namespace: 'one' }))]);
    const watchOne = await server.next();
    expect(informer.isSynced()).toBe(false);
    of('two').list('6', [bare(configMap('a', '2', { namespace: 'two' }))]);
    await server.next();
    await informer.whenSynced();
    expect([...informer.keys()]).toEqual(['one/a', 'two/a']);
    watchOne.status(410, 'Expired');
    (await server.next()).list('9', []);
    await vi.waitFor(() => expect(told).toContain('Deleted a 1'));
    expect([...informer.keys()]).toEqual(['two/a']);
  });
});

describe('when the watch breaks', () => {
  it('lists again after 410 in the stream, and tells what was missed', async () => {
    const { told, registry } = informerOf();
    const watch = await listThenWatch('5', configMap('a', '1'), configMap('b', '2'));
    watch.watch(
      event('ADDED', configMap('c', '6')),
      event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
    );
    await listThenWatch('20', configMap('a', '1'), configMap('c', '9'), configMap('d', '15'));
    expect(told).toEqual(['Added a 1', 'Added b 2', 'Added c 6', 'Modified c 9', 'Added d 15', 'Deleted b 2']);
    expect(await valuesOf(registry, 'likeness_watch_ends_total')).toEqual({ 'configmaps expired': 1 });
  });

  it('lists again when the continue token has expired', async () => {
    const { informer } = informerOf();
    (await server.next()).list('10', [bare(configMap('a', '1'))], 'more');
    (await server.next()).status(410, 'Expired');
    await listThenWatch('20', configMap('b', '2'));
    await informer.whenSynced();
    expect([...informer.keys()]).toEqual(['default/b']);
  });

  it('goes on from the last bookmark after 500 and after socket loss in mid-line, without a list', async () => {
    const { told, registry } = informerOf();
    (await listThenWatch('5', configMap('a', '1'))).watch(event('ADDED', configMap('b', '6')), bookmark('30')).end();
    const refused = await server.next();
    expect(refused.query.resourceVersion).toBe('30');
    refused.status(500, 'InternalError');
    const lost = await server.next();
    expect(lost.query.resourceVersion).toBe('30');
    lost.watch(event('ADDED', configMap('c', '31'))).raw('{"type":"ADDED","object":{"metadata":{"na');
    await vi.waitFor(() => expect(told).toContain('Added c 31'));
    lost.destroy();
    const resumed = await server.next();
    expect(resumed.query.resourceVersion).toBe('31');
    resumed.watch(event('ADDED', configMap('d', '32')));
    await vi.waitFor(() => expect(told).toEqual(['Added a 1', 'Added b 6', 'Added c 31', 'Added d 32']));
    expect(server.log.filter((line) => !line.includes('watch='))).toHaveLength(1);
    expect(await valuesOf(registry, 'likeness_watch_ends_total')).toEqual({
      'configmaps closed': 1,
      'configmaps failed': 2,
    });
    expect(await valuesOf(registry, 'rest_client_requests_total')).toEqual({ '200 GET': 4, '500 GET': 1 });
  });

  it('leaves a watch that says nothing, not even a bookmark, and watches again', async () => {
    const { told, registry, lines, informer } = informerOf({ pace: { silenceMs: 50_000 } });
    const silent = (await listThenWatch('5')).watch(bookmark('6'));
    const again = await server.next();
    await silent.closed;
    expect(again.query.resourceVersion).toBe('6');
    again.watch(event('ADDED', configMap('a', '7')));
    await vi.waitFor(() => expect(told).toEqual(['Added a 7']));
    expect(lines).toContainEqual(expect.objectContaining({ code: 'WatchStalled', resource: 'configmaps' }));
    expect((await valuesOf(registry, 'likeness_watch_ends_total'))['configmaps stalled']).toBe(1);
    await informer.stop();
  });

  it('asks a slow server again when a page does not come in time', async () => {
    const { informer, lines } = informerOf({ timeoutMs: 50_000 });
    await server.next();
    await listThenWatch('5', configMap('a', '1'));
    await informer.whenSynced();
    expect(lines).toContainEqual(expect.objectContaining({ code: 'Timeout', resource: 'configmaps' }));
  });

  it('lists again after five refusals in a row, for a server may have gone back in time', async () => {
    informerOf();
    (await listThenWatch('5')).status(504, 'Timeout');
    for (let i = 0; i < 4; i++) (await server.next()).status(504, 'Timeout');
    await listThenWatch('2');
  });

  it('lists everything again from time to time, whatever the watch said', async () => {
    const { told } = informerOf({ pace: { relistMs: 10_000 } });
    const first = (await listThenWatch('5', configMap('a', '1'), configMap('b', '2'))).watch();
    await listThenWatch('9', configMap('a', '1'));
    await first.closed;
    expect(told).toEqual(['Added a 1', 'Added b 2', 'Deleted b 2']);
  });
});

describe('handlers', () => {
  it('goes on when one throws or rejects; it is logged and counted', async () => {
    const { informer, told, lines, registry } = informerOf();
    const end = informer.onChange(() => {
      throw new Error('boom');
    });
    informer.onChange(() => Promise.reject(new Error('later boom')));
    const after: Change<ConfigMap>[] = [];
    informer.onChange((change) => void after.push(change));
    const watch = await listThenWatch('5', configMap('a', '1'));
    end();
    watch.watch(event('MODIFIED', configMap('a', '6')));
    await vi.waitFor(() => expect(told).toEqual(['Added a 1', 'Modified a 6']));
    expect(after[1]).toMatchObject({ type: 'Modified', previous: { metadata: { resourceVersion: '1' } } });
    await vi.waitFor(async () =>
      expect(await valuesOf(registry, 'likeness_informer_handler_errors_total')).toEqual({ configmaps: 3 }),
    );
    expect(lines.filter(({ code }) => code === 'HandlerFailed')).toHaveLength(3);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'HandlerFailed', key: 'default/a', type: 'Added' }));
  });
});

describe('stop', () => {
  it('ends a list that is on its way and opens no watch', async () => {
    const { informer, lines } = informerOf();
    const list = await server.next();
    await informer.stop();
    await list.closed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.log).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it('ends between two pages', async () => {
    const { informer } = informerOf();
    (await server.next()).list('5', [], 'more');
    const second = await server.next();
    const stopping = informer.stop();
    second.list('5', []);
    await stopping;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.log).toHaveLength(2);
  });

  it('ends a live watch', async () => {
    const { informer, lines } = informerOf();
    const watch = (await listThenWatch('5')).watch(bookmark('6'));
    await informer.stop();
    await watch.closed;
    expect(lines).toEqual([]);
  });
});
