import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWorld, type World } from '../../test/serving/world.ts';
import { LikenessError } from '../shared/errors.ts';

const model = {
  items: ['mug', 'lamp', 'clock', 'bag', 'bell'],
  rules: [
    ['mug', 'bag', 0.9],
    ['mug', 'clock', 0.5],
    ['mug', 'bell', 0.4],
    ['lamp', 'clock', 0.8],
    ['clock', 'bell', 0.7],
  ] as const,
  attributes: { bag: { category: 'bags', title: 'A bag' }, clock: { category: 'clocks' } },
};

interface Answered {
  readonly status: number;
  readonly body: never;
}
async function answered(response: Promise<Response>): Promise<Answered> {
  const { status, json } = await response.then(async (got) => ({ status: got.status, json: await got.json() }));
  return { status, body: json as never };
}
const itemsOf = async (response: Promise<Response>) => {
  const { items } = (await (await response).json()) as { items: { itemId: string }[] };
  return items.map(({ itemId }) => itemId);
};

describe('profiles', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.putProfile('u-1', [
      { itemId: 'mug', item: { category: 'mugs' } },
      { itemId: 'lamp', type: 'purchase', time: '2026-01-10T11:30:00.000Z', id: 'e-9' },
    ]);
    await world.putProfile('Jürgen/ß 1', [{ itemId: 'mug' }]);
  });
  afterAll(() => world.stop());
  beforeEach(() => void (world.store.gets = []));
  afterEach(() => void (world.store.failure = undefined));

  it('have a value, a time and provenance for each attribute', async () => {
    const { status, body } = await answered(world.get('/v1/profiles/u-1'));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'u-1',
      asOf: '2026-01-10T12:00:00.000Z',
      attributes: {
        purchases30d: {
          value: 1,
          time: '2026-01-10T11:30:00.000Z',
          provenance: {
            definition: expect.stringMatching(/^[0-9a-f]{16}$/),
            events: 1,
            newest: { time: '2026-01-10T11:30:00.000Z', id: 'e-9' },
          },
        },
        lastPurchase: { value: 1800 },
        interests: { value: [{ value: 'mugs', score: 1 }] },
      },
    });
    expect(body).not.toHaveProperty('profileIds');
  });

  it('cost one read of one key, each time: nothing is kept', async () => {
    await world.get('/v1/profiles/u-1');
    await world.get('/v1/profiles/u-1');
    expect(world.store.gets).toEqual([1, 1]);
  });

  it('take any id that a URL can say', async () => {
    const { body } = await answered(world.get(`/v1/profiles/${encodeURIComponent('Jürgen/ß 1')}`));
    expect(body).toMatchObject({ id: 'Jürgen/ß 1' });
  });

  it('are shown as of another moment, but not before their newest event', async () => {
    const later = await answered(world.get('/v1/profiles/u-1?asOf=2026-03-01T01:00:00%2B01:00'));
    expect(later.body).toMatchObject({
      asOf: '2026-03-01T00:00:00.000Z',
      attributes: { purchases30d: { value: 0, provenance: { events: 1 } } },
    });
    const before = await answered(world.get('/v1/profiles/u-1?asOf=2026-01-10T11:29:59.999Z'));
    expect(before).toMatchObject({
      status: 422,
      body: { error: { code: 'AsOfBeforeState', earliest: '2026-01-10T11:30:00.000Z' } },
    });
    const first = await answered(world.get('/v1/profiles/u-1?asOf=2026-01-10T11:30:00.000Z'));
    expect(first).toMatchObject({ status: 200, body: { attributes: { lastPurchase: { value: 0 } } } });
  });

  it('of a sender whose clock is ahead are shown as of their newest event', async () => {
    await world.putProfile('ahead', [{ itemId: 'mug', time: '2026-01-10T12:04:00.000Z' }]);
    const { status, body } = await answered(world.get('/v1/profiles/ahead'));
    expect({ status, body }).toMatchObject({ status: 200, body: { asOf: '2026-01-10T12:04:00.000Z' } });
  });

  it('that nobody knows are 404', async () => {
    expect(await answered(world.get('/v1/profiles/nobody'))).toMatchObject({
      status: 404,
      body: { error: { code: 'NotFound', message: expect.stringContaining('"nobody"') } },
    });
  });

  it('are 503 with Retry-After while the store is away, 500 without details for a bug', async () => {
    world.store.failure = new LikenessError('StoreUnavailable', 'redis://secret is away', { retryable: true });
    const away = await world.get('/v1/profiles/u-1');
    expect(away.headers.get('retry-after')).toBe('1');
    const awayText = await away.text();
    expect([away.status, awayText]).toEqual([503, expect.stringContaining('StoreUnavailable')]);
    expect(awayText).not.toContain('secret');
    world.store.failure = new Error('secret');
    const bug = await answered(world.get('/v1/profiles/u-1'));
    expect(bug).toMatchObject({ status: 500, body: { error: { code: 'Internal' } } });
    expect(JSON.stringify(bug.body)).not.toContain('secret');
  });

  it('stored under other definitions are 503 and say so', async () => {
    await world.putState('old', Buffer.alloc(40, 1));
    expect(await answered(world.get('/v1/profiles/old'))).toMatchObject({
      status: 503,
      body: { error: { code: 'DefinitionChanged' } },
    });
  });

  it('of one person are one, whichever identity is asked for', async () => {
    const link = {
      type: 'identify',
      id: 'link',
      anonymousId: 'anon',
      userId: 'person',
      time: '2026-01-10T11:40:00.000Z',
    };
    await world.putProfile('anon', [{ itemId: 'mug', userId: null, anonymousId: 'anon' }, link]);
    await world.putProfile('person', [{ itemId: 'lamp', type: 'purchase', time: '2026-01-10T11:50:00.000Z' }, link]);
    const [anon, person] = [
      await answered(world.get('/v1/profiles/anon')),
      await answered(world.get('/v1/profiles/person')),
    ];
    expect(anon.body).toMatchObject({
      id: 'anon',
      profileIds: ['anon', 'person'],
      attributes: { history: { value: [{ itemId: 'mug' }, { itemId: 'lamp' }] }, purchases30d: { value: 1 } },
    });
    expect(person.body).toEqual({ ...(anon.body as object), id: 'person' });
    expect(world.store.gets.reduce((a, b) => a + b)).toBe(4);
  });

  it('come in batches with one read, in the order asked for, each with its own error', async () => {
    const ids = ['u-1', 'nobody', 'ahead', 'u-1'];
    const { status, body } = await answered(world.post('/v1/profiles:batchGet', { ids, asOf: '2026-01-10T12:00:00Z' }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      profiles: [{ id: 'u-1' }, { id: 'u-1' }],
      errors: [
        { id: 'nobody', code: 'NotFound' },
        { id: 'ahead', code: 'AsOfBeforeState', earliest: '2026-01-10T12:04:00.000Z' },
      ],
    });
    expect(world.store.gets).toEqual([3]);
  });

  it('come in batches of linked ones too', async () => {
    const { body } = await answered(world.post('/v1/profiles:batchGet', { ids: ['anon', 'person', 'u-1'] }));
    expect(body).toMatchObject({
      profiles: [
        { id: 'anon', profileIds: ['anon', 'person'] },
        { id: 'person', profileIds: ['anon', 'person'] },
        { id: 'u-1' },
      ],
    });
  });
});

describe('recommendations', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ serving: { rules: { pin: ['bell'], bury: ['clock'] } } });
    await world.activate({ model, generation: 4 });
    await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));
    await world.putProfile('u-1', [{ itemId: 'lamp', type: 'purchase' }, { itemId: 'mug' }]);
    await world.putProfile('window-shopper', [{ itemId: 'mug' }]);
  });
  afterAll(() => world.stop());

  it('say what they are from', async () => {
    const { body } = await answered(world.get('/v1/recommendations/u-1?n=3'));
    expect(body).toEqual({
      items: [
        { itemId: 'bell', score: expect.closeTo(0.4, 5), pinned: true },
        { itemId: 'bag', score: expect.closeTo(0.9, 5), title: 'A bag' },
        { itemId: 'mug', score: 0 },
      ],
      model: {
        name: 'next-item',
        kind: 'sr',
        version: expect.stringMatching(/^sr-20260101T000000-/),
        generation: 4,
        trainedAt: '2026-01-01T00:00:00.000Z',
        ageSeconds: 9.5 * 86_400,
        items: 5,
      },
      personalised: true,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('leave out what was bought, and follow exclude, category and n', async () => {
    expect(await itemsOf(world.get('/v1/recommendations/u-1?n=200'))).toEqual(['bell', 'bag', 'mug']);
    expect(await itemsOf(world.get('/v1/recommendations/window-shopper?n=200'))).toContain('lamp');
    expect(await itemsOf(world.get('/v1/recommendations/u-1?exclude=bell&exclude=mug'))).toEqual(['bag']);
    expect(await itemsOf(world.get('/v1/recommendations/u-1?category=bags'))).toEqual(['bag']);
    expect(await itemsOf(world.get('/v1/recommendations/u-1?n=1'))).toEqual(['bell']);
  });

  it('recommend what was bought again if the spec says so', async () => {
    const open = await startWorld({ serving: { rules: { excludeBought: false } } });
    await open.activate({ model, generation: 1 });
    await open.putProfile('u-1', [{ itemId: 'lamp', type: 'purchase' }]);
    await vi.waitFor(async () => expect(await itemsOf(open.get('/v1/recommendations/u-1'))).toContain('lamp'));
    await open.stop();
  });

  it('follow the catalogue as it changes', async () => {
    await world.putItem('bag', { available: false });
    await vi.waitFor(async () => expect(await itemsOf(world.get('/v1/recommendations/u-1'))).not.toContain('bag'));
    expect(await itemsOf(world.get('/v1/items/mug/similar'))).toEqual(['bell']);
    await world.putItem('bag', { available: true, title: 'The bag', category: 'sacks' });
    await vi.waitFor(async () => {
      expect(await itemsOf(world.get('/v1/recommendations/u-1?category=sacks'))).toEqual(['bag']);
    });
    const { body } = await answered(world.get('/v1/items/mug/similar?n=1'));
    expect(body).toMatchObject({
      itemId: 'mug',
      items: [{ itemId: 'bag', title: 'The bag' }],
      model: { generation: 4 },
    });
  });

  it('are the popular items for whom nothing is known', async () => {
    for (const response of [world.get('/v1/recommendations/nobody'), world.post('/v1/recommendations', {})])
      expect((await answered(response)).body).toMatchObject({
        items: [{ itemId: 'bell' }, { itemId: 'mug' }, { itemId: 'lamp' }, { itemId: 'bag' }],
        personalised: false,
        fallback: 'popularity',
      });
  });

  it('take the events of a session, alone and behind a stored history', async () => {
    const events = [{ itemId: 'mug', type: 'view' }];
    const alone = await answered(world.post('/v1/recommendations', { events, n: 2 }));
    expect(alone.body).toMatchObject({ personalised: true, items: [{ itemId: 'bell' }, { itemId: 'bag' }] });
    const bought = [{ itemId: 'bag', type: 'purchase' }];
    expect(await itemsOf(world.post('/v1/recommendations', { userId: 'u-1', events: bought }))).toEqual([
      'bell',
      'mug',
    ]);
    const unheard = [{ itemId: 'mug', type: 'search' }];
    expect((await answered(world.post('/v1/recommendations', { events: unheard }))).body).toMatchObject({
      personalised: false,
    });
  });

  it('are logged to predictions', async () => {
    const { body } = await answered(world.get('/v1/recommendations/u-1?n=2'));
    const { requestId, items, model: used } = body as { requestId: string; items: { itemId: string }[]; model: object };
    await vi.waitFor(async () =>
      expect((await world.predictions()).filter((prediction) => prediction.requestId === requestId)).toEqual([
        {
          requestId,
          profile: 'u-1',
          time: new Date(world.clock.time).toISOString(),
          model: expect.objectContaining({ generation: 4 }),
          items: items.map(({ itemId }) => itemId),
          historyLength: 2,
          personalised: true,
        },
      ]),
    );
    expect(used).toMatchObject({ generation: 4 });
  });

  it('need a model: 404 for one that the spec does not have, 503 for one that is not there yet', async () => {
    for (const path of ['/v1/recommendations/u-1', '/v1/items/mug/similar']) {
      expect(await answered(world.get(`${path}?model=ghost`))).toMatchObject({
        status: 404,
        body: { error: { message: expect.stringContaining('next-item, other') } },
      });
      const waiting = await world.get(`${path}?model=other`);
      expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await waiting.json()).toMatchObject({ error: { code: 'NoModel' } });
    }
    expect(await answered(world.get('/v1/items/ghost/similar'))).toMatchObject({ status: 404 });
  });

  it('are counted', async () => {
    const text = await (await world.get('/metrics')).text();
    expect(text).toMatch(/likeness_recommendations_total\{model="next-item",result="personalised".*\} [1-9]/);
    expect(text).toMatch(/likeness_recommendations_total\{model="next-item",result="popularity".*\} [1-9]/);
    expect(text).toMatch(
      /likeness_http_request_seconds_count\{.*route="\/v1\/recommendations\/\{id\}".*status="200".*\} [1-9]/,
    );
    expect(text).toMatch(/likeness_model_generation\{model="next-item".*\} 4/);
  });
});

describe('the service', () => {
  it('is ready once all is read, and says what is wrong with a model', async () => {
    const world = await startWorld();
    await vi.waitFor(async () => expect((await world.get('/readyz')).status).toBe(200));
    await world.activate({ model, generation: 1 });
    await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));
    await world.activate({
      model: { ...model, runId: 'bad' },
      generation: 2,
      spoil: (files) => files.delete('manifest.sig'),
    });
    await vi.waitFor(async () =>
      expect(await answered(world.get('/readyz'))).toMatchObject({
        status: 200,
        body: { services: [{ ready: true, notes: [expect.stringMatching(/generation 2.*manifest\.sig/)] }] },
      }),
    );
    await world.stop();
  });

  it('is not ready while the store cannot be used', async () => {
    const world = await startWorld({ storeFailure: new LikenessError('StoreEvicts', 'it may evict keys') });
    await vi.waitFor(async () =>
      expect(await answered(world.get('/readyz'))).toMatchObject({
        status: 503,
        body: { services: [{ ready: false, reasons: [expect.stringContaining('StoreEvicts')] }] },
      }),
    );
    await world.stop();
  });

  it('flushes predictions when it stops, once', async () => {
    const world = await startWorld();
    await world.activate({ model, generation: 1 });
    await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));
    const before = (await world.predictions()).length;
    for (let k = 0; k < 10; k++) await world.get('/v1/recommendations/x');
    await Promise.all([world.service.stop(), world.service.stop()]);
    expect((await world.predictions()).length).toBeGreaterThanOrEqual(before + 10);
    await world.stop();
  });

  it('passes over records that cannot be read', async () => {
    const world = await startWorld();
    const bad = [{ partition: 0, key: 'active/next-item', value: Buffer.from('{') }];
    await world.send('models', bad);
    await world.send('items', bad);
    await vi.waitFor(async () => {
      const text = await (await world.get('/metrics')).text();
      for (const stream of ['items', 'models'])
        expect(text).toMatch(new RegExp(`likeness_malformed_records_total\\{stream="${stream}".*\\} 1`));
    });
    expect(world.fatal).toEqual([]);
    await world.stop();
  });

  it('refuses to start with a key file that is none', async () => {
    await expect(startWorld({ env: { LIKENESS_TRUSTED_KEYS: '/nowhere/key.pem' } })).rejects.toThrow(
      expect.objectContaining({ code: 'BadConfig', message: expect.stringContaining('/nowhere/key.pem') }),
    );
  });
});
