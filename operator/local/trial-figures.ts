/** What serving's processes on this machine have counted of a trial, read from their metrics. */
import { answerSeconds, type ArmFigures, type TrialFigures } from '../../services/shared/trial-figures.ts';

type Labels = Readonly<Record<string, string>>;

const linePattern = /^(likeness_trial_[a-z_]+)\{(.*)\} (\d+)$/;
const labelPattern = /([a-z]+)="([^"]*)"/g;

/** Of all texts together, in the Prometheus format; undefined: none of them knows of this trial. */
function figuresIn(texts: readonly string[], model: string, generation: number): TrialFigures | undefined {
  const samples = texts.flatMap((text) => text.split('\n')).flatMap((line) => sampleOf(line) ?? []);
  const own = samples.filter(({ labels }) => labels['model'] === model && labels['generation'] === String(generation));
  if (own.length === 0) return undefined;
  return { model, generation, canary: armOf(own, 'canary'), stable: armOf(own, 'stable') };
}

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

function sampleOf(line: string): Sample | undefined {
  const [, name, labels, value] = linePattern.exec(line) ?? [];
  if (name === undefined) return undefined;
  return {
    name,
    value: Number(value),
    labels: Object.fromEntries([...labels!.matchAll(labelPattern)].map(([, key, text]) => [key, text])),
  };
}

function armOf(samples: readonly Sample[], arm: string): ArmFigures {
  const sum = (name: string, wanted: Labels = {}): number =>
    samples
      .filter((sample) => sample.name === name && sample.labels['arm'] === arm)
      .filter(({ labels }) => Object.entries(wanted).every(([key, value]) => labels[key] === value))
      .reduce((total, { value }) => total + value, 0);
  // Buckets are cumulative.
  const below = [...answerSeconds.map(String), '+Inf'].map((le) => sum('likeness_trial_answer_seconds_bucket', { le }));
  return {
    answers: sum('likeness_trial_answers_total'),
    errors: sum('likeness_trial_answers_total', { result: 'failed' }),
    seconds: below.map((count, bin) => count - (below[bin - 1] ?? 0)),
  };
}

/** One that does not answer now tells nothing. */
export async function scrapeFigures(
  urls: readonly string[],
  model: string,
  generation: number,
): Promise<TrialFigures | undefined> {
  const texts = await Promise.all(
    urls.map(async (url) => {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      return response?.ok ? response.text() : '';
    }),
  );
  return figuresIn(texts, model, generation);
}
