/** Puts the greatest message of an item behind a lesser one that came later: compaction keeps only the last record. */
import type { BrokerRecord } from '../shared/broker.ts';
import { encodeItem, type Catalogue } from '../shared/catalogue.ts';

export interface CatalogueRepair {
  /** Tells the catalogue of records of the stream; gives the offsets of those that are malformed. */
  read(records: readonly BrokerRecord[]): number[];
  /** What to publish so that each item's last record is its greatest; given until it has been read back. */
  due(): { readonly partition: 0; readonly key: string; readonly value: Buffer }[];
}

export function createCatalogueRepair(catalogue: Catalogue): CatalogueRepair {
  const buried = new Set<string>();
  return {
    read: (records) => {
      const malformed: number[] = [];
      for (const record of records) {
        const applied = catalogue.apply(record);
        if (applied === 'malformed') malformed.push(record.offset);
        else if (applied === 'older') buried.add(record.key!);
        else buried.delete(record.key!);
      }
      return malformed;
    },
    due: () =>
      [...buried].flatMap((itemId) => {
        const message = catalogue.get(itemId);
        return message === undefined ? [] : [{ partition: 0 as const, ...encodeItem(message) }];
      }),
  };
}
