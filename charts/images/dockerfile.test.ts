/** The Dockerfile: it makes the images that charts/images describes, and keeps the rules of a good one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { argumentsOf, command } from '../../operator/kubernetes/render/image-layout.ts';
import { type ContainerConfig, configOf, nameOf, targets } from './image.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { version, license, devDependencies } = JSON.parse(read('package.json')) as {
  version: string;
  license: string;
  devDependencies: Record<string, string>;
};

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Comments away, continued lines joined. */
function instructionsOf(text: string): Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [word, ...rest] = line.split(' ');
      return { word: word!, rest: rest.join(' ') };
    });
}

const all = instructionsOf(read('Dockerfile'));

const stages: Stage[] = all.flatMap(({ word, rest }, index) => {
  if (word !== 'FROM') return [];
  const [from, name] = rest.split(' AS ');
  const next = all.findIndex((other, at) => at > index && other.word === 'FROM');
  return [{ from: from!, name: name!, instructions: all.slice(index + 1, next === -1 ? undefined : next) }];
});

const stageOf = (name: string) => stages.find((stage) => stage.name === name)!;

const restsOf = ({ instructions }: Stage, word: string) =>
  instructions.filter((each) => each.word === word).map(({ rest }) => rest);

const only = (stage: Stage, word: string): string => {
  const rests = restsOf(stage, word);
  expect(rests, `${word} of ${stage.name}`).toHaveLength(1);
  return rests[0]!;
};

/** NAME=VALUE, the value perhaps in quotes. */
const pairsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [name!, quoted ?? plain!]),
  );

function configOfStage(stage: Stage): ContainerConfig {
  return {
    User: only(stage, 'USER'),
    WorkingDir: only(stage, 'WORKDIR'),
    Env: Object.entries(pairsOf(only(stage, 'ENV'))).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: { [`${only(stage, 'EXPOSE')}/tcp`]: {} },
    Entrypoint: JSON.parse(only(stage, 'ENTRYPOINT')) as string[],
    Cmd: JSON.parse(only(stage, 'CMD')) as string[],
    Labels: pairsOf(only(stage, 'LABEL')),
  };
}

describe.each(targets)('the target %s', (target) => {
  const stage = stageOf(target);

  it('has the configuration of the image that is built without Docker', () => {
    const release = { version, licence: license, source: '${SOURCE}' };
    expect(configOfStage(stage)).toEqual(configOf(target, release));
    expect(restsOf(stage, 'ARG')).toEqual(['SOURCE=']);
  });

  it('starts from nothing and takes each layer from the one list of contents', () => {
    expect(stage.from).toBe('scratch');
    const layers = ['system', ...(target === 'trainer' ? ['tensorflow'] : []), 'dependencies', 'app'];
    expect(restsOf(stage, 'COPY')).toEqual(
      layers.map((layer) => `--from=${target}-files /images/${target}/${layer}/ /`),
    );
    const last = restsOf(stageOf(`${target}-files`), 'RUN').at(-1)!;
    const words = last.startsWith('[') ? (JSON.parse(last) as string[]) : last.split(' ');
    const native = target === 'trainer' ? ['--native', '${NATIVE}'] : [];
    const expected = ['node', 'charts/images/main.ts', '--folders', '--target', target, ...native, '--out', '/images'];
    expect(words).toEqual(expected);
  });

  it('runs nothing, as a user without rights, and needs no shell', () => {
    expect(restsOf(stage, 'RUN')).toEqual([]);
    expect(only(stage, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const word of ['ENTRYPOINT', 'CMD']) expect(only(stage, word)).toMatch(/^\[/);
  });
});

describe('the build', () => {
  it('is on the pinned Node, with room for a digest', () => {
    const before = all
      .slice(
        0,
        all.findIndex(({ word }) => word === 'FROM'),
      )
      .map(({ rest }) => rest);
    expect(before).toEqual([
      `NODE_IMAGE=docker.io/library/node:${devDependencies['node']}-bookworm-slim`,
      'NODE_DIGEST=',
    ]);
    expect(stageOf('build').from).toBe('${NODE_IMAGE}${NODE_DIGEST}');
    expect(stages.map(({ from }) => from).filter((from) => !/^(scratch|build|\$\{NODE_IMAGE\}.*)$/.test(from))).toEqual(
      [],
    );
  });

  it('installs what is locked, and lets no package run a script', () => {
    expect(restsOf(stageOf('build'), 'RUN')).toEqual(['npm ci --ignore-scripts --no-audit --no-fund']);
  });

  it('fetches nothing by itself, and makes the services unless told otherwise', () => {
    expect(all.filter(({ word }) => word === 'ADD')).toEqual([]);
    expect(stages.at(-1)?.name).toBe('services');
  });

  it('gets from the folder what it reads, and no more', () => {
    const [first, ...rules] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const admitted = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect(first).toBe('*');
    const folders = ['charts/images', ...(JSON.parse(read('tsconfig.build.json')) as { include: string[] }).include];
    const files = ['LICENSE', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
    expect(admitted.toSorted()).toEqual([...files, ...folders].toSorted());
    expect(admitted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

it('has the command and the paths that pods ask for', () => {
  for (const target of targets)
    expect(configOf(target, { version, licence: license, source: '' }).Entrypoint).toEqual(command);
  expect(JSON.parse(only(stageOf('trainer'), 'CMD'))).toEqual([argumentsOf('trainer').at(-1)]);
});

it('has the names that the chart installs unless told otherwise', () => {
  type Named = Record<'image' | 'trainerImage' | 'trainerGpuImage', { repository: string }>;
  const { image, trainerImage, trainerGpuImage } = parse(read('charts/likeness/values.yaml')) as Named;
  const { appVersion } = parse(read('charts/likeness/Chart.yaml')) as { appVersion: string };
  const named = [
    nameOf('services', { version }, 'gpu'),
    nameOf('trainer', { version }),
    nameOf('trainer', { version }, 'gpu'),
  ];
  expect(named).toEqual([
    `docker.io/library/${image.repository}:${appVersion}`,
    `docker.io/library/${trainerImage.repository}:${appVersion}`,
    `docker.io/library/${trainerGpuImage.repository}:${appVersion}-gpu`,
  ]);
});
