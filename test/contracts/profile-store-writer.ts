/** A process that advances the embedded store's partition `t` until it is killed, printing what was acknowledged. */
import { openLmdbProfileStore } from '../../services/shared/adapters/lmdb-profile-store.ts';
import { advance, seeded } from './profile-store-chain.ts';

const store = openLmdbProfileStore(process.argv[2]!);
const random = seeded(Number(process.argv[3]));
for (;;) {
  await advance(store, 't', { last: Number.MAX_SAFE_INTEGER, random });
  console.log((await store.read('t', [])).watermark?.offset ?? 0);
}
