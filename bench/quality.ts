/** Quality on public data: what is bought next at Online Retail, and who buys at Online Shoppers. Needs LIKENESS_DATA. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openTensorBackend, nativeHome } from '../services/shared/adapters/tensor/open.ts';
import type { TensorBackend } from '../services/shared/learning/tensor/tensor-backend.ts';
import type { BenchContext } from './main.ts';
import { retailQuality } from './quality/retail.ts';
import { shoppersQuality } from './quality/shoppers.ts';
import { round } from './statistics.ts';

/** `--only retail|shoppers`: the other one is left out. */
export async function run({ flags, note }: BenchContext): Promise<object> {
  const folder = process.env['LIKENESS_DATA'];
  if (!folder || !existsSync(join(folder, 'online-shoppers')))
    throw new Error('LIKENESS_DATA must name a folder that has online-retail and online-shoppers');
  const only = flags['only'];
  const started = performance.now();
  let opened: Promise<TensorBackend> | undefined;
  const tensors = (): Promise<TensorBackend> =>
    (opened ??= openTensorBackend({ want: 'auto', home: nativeHome(process.env), environment: process.env }));
  const options = { folder, tensors, note };
  const shoppers = only === 'retail' ? undefined : await shoppersQuality(options, true);
  const withoutPageValues = only === 'retail' ? undefined : await shoppersQuality(options, false);
  const retail = only === 'shoppers' ? undefined : await retailQuality(options);
  return {
    tensorBackend: opened ? (await opened).name : 'none',
    ...(shoppers && { shoppers, withoutPageValues }),
    ...(retail && { retail: retail.models, questions: retail.questions }),
    seconds: round((performance.now() - started) / 1000, 0),
    ...(retail && {
      ndcg10: retail.ndcg10,
      recall10: retail.recall10,
      champion: retail.champion,
      promoted: retail.promoted,
    }),
    ...(shoppers && {
      rocAuc: shoppers['chosen']!.rocAuc,
      averagePrecision: shoppers['chosen']!.averagePrecision,
    }),
  };
}
