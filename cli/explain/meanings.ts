/** What each figure of a manifest means, in one line. */

const meanings: Readonly<Record<string, string>> = {
  ndcg: 'how high what came next stood in the list, 1: always first',
  recall: 'share of what came next that was in the list',
  mrr: 'mean of 1/rank of the first hit',
  coverage: 'share of the catalogue that was recommended to anyone',
  questions: 'baskets of the hold-out that it was asked about',
  examples: 'examples of the hold-out',
  baseRate: 'share of them of which the label is true',
  rocAuc: 'how often an example of the label ranks above another one, 0.5: by chance',
  rocAucLower: 'one-sided 95% bound of that, by a bootstrap of the hold-out',
  averagePrecision: 'precision, averaged over recall; by chance: the base rate',
  logLoss: 'mean of -ln of the probability of what came, the less the better',
  brier: 'mean of (probability - what came) squared, the less the better',
  expectedCalibrationError: 'how far probabilities are from how often they come true',
  logLossOfBaseRate: 'the same of one who says the base rate of the events before the hold-out each time',
  accuracy: 'share of them of which the likeliest was right',
  accuracyOfMostFrequent: 'the same of one who says the most frequent one of the events before the hold-out each time',
  hoursOff: 'mean of how far it was off, in hours',
  hoursOffOfMedian: 'the same of one who says the median of the events before the hold-out each time',
  skew: 'share of feature vectors in service that differ from those of training',
};

const heads: Readonly<Record<string, (label: string) => string>> = {
  propensity: (label) => `propensity ${label} of the ranker`,
  category: () => 'next category of the ranker',
  time: () => 'time to the next target event of the ranker',
};

/** `{rival.}{figure}{@k}`, or `heads.{head}.{figure}`. */
export function meaningOf(metric: string): string {
  const [figure = '', k] = metric.split('@');
  const parts = figure.split('.');
  const meaning = meanings[parts.at(-1)!] ?? 'as the training has measured it';
  if (parts[0] === 'heads') return `${heads[parts[1]!]?.(parts[2]!) ?? 'a further head'}: ${meaning}`;
  const rival = parts.length > 1 ? `${parts.slice(0, -1).join('.')}, which was not chosen: ` : '';
  return `${rival}${meaning}${k === undefined ? '' : `, of ${k}`}`;
}
