import { it } from 'vitest';
import { swapUnderLoad } from './swap-under-load.ts';

it('220 swaps under load fail no request and mix no versions', () => swapUnderLoad(220), 120_000);
