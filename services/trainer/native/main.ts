/** `npm run native [-- --gpu]`: installs native TensorFlow for trainings, once; later runs find it. */
import { parseArgs } from 'node:util';
import { nativeHome } from '../../shared/adapters/tensor/open.ts';
import { exitCodes } from '../../shared/errors.ts';
import { ensureNative } from './install.ts';

const usage = `Installs native TensorFlow, on which trainings run several times as fast as on WebAssembly.
  npm run native             for processors: @tensorflow/tfjs-node, about 0.5 GB
  npm run native -- --gpu    for NVIDIA GPUs: @tensorflow/tfjs-node-gpu with CUDA, about 5 GB
  --home DIR                 where to; default: likeness/native in the user's cache folder
Needs npm, python3 with pip, g++ and binutils, on linux-x64. What is fetched is pinned by digest.
`;

interface Call {
  readonly help: boolean;
  readonly gpu: boolean;
  readonly home?: string | undefined;
}

/** Undefined where the command was called wrongly, which is said. */
function readCall(): Call | undefined {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        gpu: { type: 'boolean', default: false },
        home: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = exitCodes.usage;
    return undefined;
  }
}

async function install({ gpu, home = nativeHome(process.env) }: Call): Promise<void> {
  const started = Date.now();
  const say = (text: string): void => {
    process.stderr.write(`native ${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s: ${text}\n`);
  };
  const folder = await ensureNative({ flavour: gpu ? 'gpu' : 'cpu', home, say });
  process.stdout.write(`${folder}\n`);
}

const call = readCall();
if (call?.help) process.stdout.write(usage);
else if (call)
  try {
    await install(call);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodes.infrastructure;
  }
