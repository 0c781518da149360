/** Makes sure that native TensorFlow is installed, and what it is compiled with. */
import { nativeHome } from '../../services/shared/adapters/tensor/open.ts';
import { ensureNative } from '../../services/trainer/native/install.ts';
import { ensureTools, type Tool } from './debian-tools.ts';

const tools: readonly Tool[] = [
  { command: 'g++', versionArgs: ['--version'], isGood: () => true, packages: ['g++'] },
  { command: 'strip', versionArgs: ['--version'], isGood: () => true, packages: ['binutils'] },
  { command: 'python3', versionArgs: ['-m', 'pip', '--version'], isGood: () => true, packages: ['python3-pip'] },
];

/** Cold about half a minute, later nothing. */
export async function ensureTensorFlow(say: (text: string) => void): Promise<void> {
  await ensureTools(tools, "The tests on native TensorFlow (which is compiled for this machine's Node)", say);
  const note = (text: string): void => say(`TensorFlow: ${text}`);
  await ensureNative({ flavour: 'cpu', home: nativeHome(process.env), say: note });
}
