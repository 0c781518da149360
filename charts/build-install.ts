/**
 * Writes dist/install.yaml: the chart as one file for `kubectl apply -f`, in a namespace of its own. Needs Helm when a
 * release is made; whoever installs it needs kubectl alone.
 *   node charts/build-install.ts [--helm PATH] [--out FILE]
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const namespace = 'likeness-system';

const head = `# The Likeness operator, made from charts/likeness by \`npm run build:install\`.
#   kubectl apply --server-side -f install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** Helm is not what manages objects that kubectl applies. */
const helmsOwn = /^ +(app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*)\n/gm;

/** The same chart always gives the same text. */
async function installFile(helm: string): Promise<string> {
  const chart = join(root, 'charts/likeness');
  const args = ['template', 'likeness', chart, '--namespace', namespace, '--include-crds'];
  const { stdout } = await promisify(execFile)(helm, args, { maxBuffer: 64 * 1024 * 1024 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`There is no ${helm}: install Helm (https://helm.sh), or name it with --helm.`, { cause: error });
  });
  return head + stdout.replace(helmsOwn, '').replace(/\n*$/, '\n');
}

const usage = `Writes the chart as one file for \`kubectl apply\`. Needs Helm.
  --helm PATH  default: helm
  --out FILE   default: dist/install.yaml
`;

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      helm: { type: 'string', default: 'helm' },
      out: { type: 'string', default: 'dist/install.yaml' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const out = resolve(root, values.out);
  const text = await installFile(values.helm);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, text);
  process.stdout.write(`wrote ${values.out}\n`);
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
