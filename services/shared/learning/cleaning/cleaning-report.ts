/** What was learned for the cleaning, as figures of the manifest. */
import type { CleaningModel, Strangeness } from './cleaning-model.ts';

/** `cleaning.{list}.{step}.{figure}` → number or text. */
export function cleaningReport({ impute, scale, outliers }: CleaningModel): Record<string, number | string> {
  const report: Record<string, number | string> = {};
  for (const { name, values, groups, overall } of impute) {
    report[`cleaning.impute.${name}.values`] = values;
    report[`cleaning.impute.${name}.groups`] = groups.length;
    if (typeof overall === 'number' || typeof overall === 'string') report[`cleaning.impute.${name}.overall`] = overall;
  }
  for (const { name, values, scale: learned } of scale) {
    report[`cleaning.scale.${name}.values`] = values;
    if (learned.method === 'Log') continue;
    report[`cleaning.scale.${name}.offset`] = learned.offset;
    report[`cleaning.scale.${name}.factor`] = learned.factor;
  }
  for (const { name, values, strangeness } of outliers) {
    report[`cleaning.outliers.${name}.values`] = values;
    for (const [figure, value] of figuresOf(strangeness)) report[`cleaning.outliers.${name}.${figure}`] = value;
  }
  return report;
}

function figuresOf(strangeness: Strangeness): [string, number][] {
  if (strangeness.kind === 'Forest')
    return [
      ['trees', strangeness.forest.trees.length],
      ['sample', strangeness.forest.sample],
    ];
  if (strangeness.kind === 'Density') return [['cores', strangeness.model.cores.length]];
  return strangeness.fields.flatMap((field, at): [string, number][] =>
    field === null
      ? []
      : [
          [`${at}.center`, field.center],
          [`${at}.spread`, field.spread],
        ],
  );
}
