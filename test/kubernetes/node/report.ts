/** What a person would look at when real pods do not do what they should. */
import type { World } from './world.ts';

const lookAt: readonly (readonly string[])[] = [
  ['get', '-A', 'pods,jobs', '-o', 'wide'],
  ['get', '-A', 'ppl', '-o', 'jsonpath={range .items[*]}{.metadata.namespace}: {.status}{"\\n"}{end}'],
  ['get', '-A', 'events.events.k8s.io', '--sort-by=.metadata.creationTimestamp'],
  ['logs', '-n', 'likeness-system', '-l', 'app.kubernetes.io/name=likeness', '--tail=40', '--prefix'],
];
const mostCharacters = 12_000;

/** Answers of a cluster that is in trouble: what cannot be asked says why. */
export async function report(world: World): Promise<string> {
  const answers = lookAt.map(async (args) => {
    const answer = await world.kubectl(...args).catch((error: Error) => error.message);
    return `$ kubectl ${args.join(' ')}\n${answer.slice(-mostCharacters)}`;
  });
  return [...(await Promise.all(answers)), ...(await logsOfPods(world))].join('\n');
}

async function logsOfPods(world: World): Promise<string[]> {
  const selector = ['-A', 'pods', '-l', 'app.kubernetes.io/component'];
  const { items } = await world.get<{ items: { metadata: { name: string; namespace: string } }[] }>(...selector);
  return Promise.all(
    items.map(async ({ metadata: { name, namespace } }) => {
      const log = await world.kubectl('logs', '-n', namespace, name, '--tail=8').catch((error: Error) => error.message);
      return `--- ${namespace}/${name}\n${log}`;
    }),
  );
}
