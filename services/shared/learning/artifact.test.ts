import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openArtifact, sealArtifact, sha256 } from './artifact.ts';
import { Blend } from './blend.ts';
import { ItemIndex } from './item-index.ts';
import { compressRows } from './item-matrix.ts';
import type { ManifestDetails } from './manifest.ts';
import { encodeModel, jsonBytes } from './model.ts';
import { Popularity } from './popularity.ts';
import { generateSigningKey, parsePrivateKey, parsePublicKey } from './signing.ts';

const pair = generateSigningKey();
const privateKey = createPrivateKey(pair.privatePem);
const trusted = [createPublicKey(generateSigningKey().publicPem), createPublicKey(pair.publicPem)];

const items = new ItemIndex(['mug', 'lamp', 'clock']);
const matrix = compressRows(3, {
  rows: Uint32Array.of(0, 1),
  columns: Uint32Array.of(1, 2),
  values: Float64Array.of(0.5, 0.25),
});
const model = {
  recommender: new Blend(items, [
    { name: 'sr', matrix, weight: 0.1, decay: 0.7 },
    { name: 'ease', matrix, weight: 1, decay: 0.7 },
  ]),
  popularity: new Popularity(items, Float64Array.of(5, 2, 1)),
  itemAttributes: [{ category: 'mugs' }, undefined, { category: 'clocks', price: 9.5 }],
};
const details: ManifestDetails = {
  kind: 'blend',
  model: 'next-item',
  runId: 'run-1',
  trainedAt: '2026-01-02T03:04:05.678Z',
  codeVersion: 'learning/1',
  featureSchema: sha256(Buffer.from('schema')),
  offsets: [{ partition: 0, from: 0, to: 8 }],
  events: 8,
  profiles: 3,
  items: 3,
  metrics: { 'ndcg@10': 0.25 },
  report: { easeItems: 3 },
};
const sealed = sealArtifact(encodeModel(model), details, privateKey);

/** The artifact with one file's bytes changed; `reseal` signs the change again, as a faulty trainer would. */
function changed(name: string, change: (bytes: Buffer) => Uint8Array, reseal = false): Map<string, Uint8Array> {
  const files = new Map(sealed.files);
  files.set(name, change(Buffer.from(files.get(name)!)));
  if (!reseal) return files;
  files.delete('manifest.json');
  files.delete('manifest.sig');
  return new Map(sealArtifact(files, details, privateKey).files);
}

const open = (files: ReadonlyMap<string, Uint8Array>) => () => openArtifact(files, trusted);
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'ModelInvalid', message: expect.stringMatching(message) });

describe('openArtifact', () => {
  it('gives back what was sealed', () => {
    const loaded = openArtifact(sealed.files, trusted, sealed.digest);
    expect(loaded.manifest.version).toMatch(/^blend-20260102T030405-[0-9a-f]{8}$/);
    expect(loaded.itemAttributes).toEqual(model.itemAttributes);
    expect(loaded.popularity.counts).toEqual(model.popularity.counts);
    const history = [{ itemId: 'mug', type: 'view', time: 0 }];
    const [before, after] = [new Float64Array(3), new Float64Array(3)];
    model.recommender.score(history, before);
    expect(loaded.recommender.score(history, after)).toBe(true);
    expect(after).toEqual(before);
  });

  it('opens a popularity model', () => {
    const files = encodeModel({ ...model, recommender: model.popularity });
    const loaded = openArtifact(sealArtifact(files, { ...details, kind: 'popularity' }, privateKey).files, trusted);
    expect(loaded.recommender.kind).toBe('popularity');
  });

  it.each([...sealed.files.keys()])('refuses a change of any byte of %s, and the file cut short or gone', (name) => {
    const size = sealed.files.get(name)!.length;
    fc.assert(
      fc.property(fc.nat(size - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const files = changed(name, (bytes) => (bytes.writeUInt8(bytes[at]! ^ flip, at), bytes));
        expect(open(files)).toThrow(invalid(/^manifest\.sig|^[a-z]+\.[a-z]+: its bytes/));
      }),
      { numRuns: 30 },
    );
    expect(open(changed(name, (bytes) => bytes.subarray(0, -1)))).toThrow(invalid(/./));
    const without = new Map(sealed.files);
    without.delete(name);
    expect(open(without)).toThrow(invalid(new RegExp(`^${name}: is missing`)));
  });

  it('refuses a signer who is not trusted, no trusted keys at all, another digest, and a file nobody named', () => {
    expect(() => openArtifact(sealed.files, [trusted[0]!])).toThrow(invalid(/no trusted key has signed/));
    expect(() => openArtifact(sealed.files, [])).toThrow(invalid(/no trusted keys/));
    expect(() => openArtifact(sealed.files, trusted, 'f'.repeat(64))).toThrow(invalid(/asked for was f{64}/));
    expect(open(new Map([...sealed.files, ['extra.bin', new Uint8Array(1)]]))).toThrow(
      invalid(/^extra\.bin: is not named/),
    );
  });

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('refuses %s among the weights, though rightly signed', (_, value) => {
    const files = changed('sr.matrix', (bytes) => (bytes.writeFloatLE(value, bytes.length - 4), bytes), true);
    expect(open(files)).toThrow(invalid(/^sr\.matrix: entry 1 is/));
  });

  it('refuses files that contradict each other or the manifest, though rightly signed', () => {
    const cut = changed('ease.matrix', (bytes) => bytes.subarray(0, -4), true);
    expect(open(cut)).toThrow(invalid(/^ease\.matrix: has \d+ bytes where its header says/));
    const outside = changed('sr.matrix', (bytes) => (bytes.writeUInt32LE(7, 16 + 16), bytes), true);
    expect(open(outside)).toThrow(invalid(/points to item 7 of 3/));
    const mark = changed('sr.matrix', (bytes) => (bytes.writeUInt32LE(7, 0), bytes), true);
    expect(open(mark)).toThrow(invalid(/^sr\.matrix: is not a matrix/));
    const popularity = changed('model.json', () => jsonBytes({ parts: [] }), true);
    expect(open(popularity)).toThrow(invalid(/^manifest\.json: says blend of 3 items/));
    const twice = changed('items.json', () => jsonBytes(Array(3).fill({ id: 'mug', popularity: 1 })), true);
    expect(open(twice)).toThrow(invalid(/^items\.json: an id is repeated/));
    const text = changed('items.json', () => Buffer.from('{'), true);
    expect(open(text)).toThrow(invalid(/^items\.json: is not JSON/));
    const schema = changed('items.json', () => jsonBytes([{ id: 'mug' }]), true);
    expect(open(schema)).toThrow(invalid(/^items\.json: 0\.popularity/));
  });
});

describe('sealArtifact', () => {
  it('refuses a metric that is no number', () => {
    const bad = { ...details, metrics: { 'ndcg@10': Number.NaN } };
    expect(() => sealArtifact(encodeModel(model), bad, privateKey)).toThrow(invalid(/metrics\.ndcg@10/));
  });

  it('gives the same digest for the same model and details', () => {
    expect(sealArtifact(encodeModel(model), details, privateKey).digest).toBe(sealed.digest);
  });
});

describe('signing keys', () => {
  it('takes the public half of a private key and refuses what is no Ed25519 key', () => {
    expect(parsePublicKey(pair.privatePem, 'key').equals(trusted[1]!)).toBe(true);
    expect(() => parsePrivateKey('nonsense', 'LIKENESS_SIGNING_KEY')).toThrow(/^LIKENESS_SIGNING_KEY: is not a key/);
    expect(() => parsePrivateKey(pair.publicPem, 'key')).toThrow(/not a key/);
  });
});
