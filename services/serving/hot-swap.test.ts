import { it } from 'vitest';
import { swapUnderLoad } from '../../test/serving/swap-under-load.ts';

// test/serving has the long one.
it('12 swaps under load fail no request and mix no versions', () => swapUnderLoad(12), 60_000);
