/** The report of a demonstration: one HTML file with its plots as inline SVG, and nothing from elsewhere. Pure. */
import { escapeText, plot, type PlotInput } from './plot.ts';
import type { Mark } from './marks.ts';
import type { RatePoint } from './questions.ts';
import { style } from './report-style.ts';

export interface ReportInput {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
  readonly live: readonly RatePoint[];
  readonly static: readonly RatePoint[];
  readonly fresh: readonly RatePoint[];
  /** The greatest distance of an input from what the model was trained on, and its share of misses. */
  readonly drift: readonly RatePoint[];
  readonly misses: readonly RatePoint[];
  readonly threshold: number;
  readonly summary: DemoSummary;
}

export interface DemoSummary {
  readonly synthetic: true;
  readonly seed: number;
  readonly events: number;
  readonly before: number;
  readonly fallen: number;
  readonly live: number;
  readonly static: number;
  readonly fresh: number;
  /** live / fresh, static / fresh at the end. */
  readonly recoveredFraction: number;
  readonly staticFraction: number;
  /** Seconds from the change to the verdict, and to the first model of the new taste in service for all; null: none came. */
  readonly secondsToVerdict: number | null;
  readonly secondsToRecovery: number | null;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

export function renderReport(input: ReportInput): string {
  const { summary, marks, from } = input;
  return page(`
<p class="synthetic"><b>Synthetic.</b> Every event of this report was made by <code>likeness simulate</code> (seed ${summary.seed}).
No customer is real.</p>
<p>${summary.events.toLocaleString('en')} events of a simulated shop went through the pipeline that runs anywhere: ingest, cleaner,
features, models. Then all its customers took on another taste, and nobody told the pipeline.</p>
${facts(summary)}
<h2>Quality</h2>
${plot(qualityPlot(input))}
<p class="note">Asked of the running API just before each event, of items that the customer has not had. The other two models are
asked the same afterwards; the fresh one has learned from the first part of the new time, and is asked in the rest.</p>
<h2>What the watches saw</h2>
${plot(missesPlot(input))}
${plot(inputsPlot(input))}
<h2>What happened</h2>
<p class="note">The numbers are those in the plots.</p>
<div class="wide"><table><thead><tr><th></th><th class="second">Second</th><th>What</th><th>Which</th></tr></thead><tbody>
${marks.map((mark, at) => row(mark, at + 1, from)).join('\n')}
</tbody></table></div>`);
}

const frameOf = ({ from, to, marks }: ReportInput) => ({ from, to, marks });

function qualityPlot(input: ReportInput): PlotInput {
  const { live, static: unchanged, fresh } = input;
  return {
    ...frameOf(input),
    title: 'Would the next item have been among ten recommendations?',
    unit: 'share of the questions, synthetic shop',
    isShare: true,
    series: [
      { name: 'live: whatever the pipeline serves', points: live, colour: 'live', width: 2.5 },
      { name: 'static: the model that served when the change came', points: unchanged, colour: 'static', width: 1.5 },
      { name: 'fresh: a model of the new taste alone', points: fresh, colour: 'fresh', width: 1.5, dashes: '6 4' },
    ],
  };
}

function missesPlot(input: ReportInput): PlotInput {
  return {
    ...frameOf(input),
    title: 'Misses of the model in service, as it is watched',
    unit: 'share of the last questions that it missed, synthetic shop',
    isShare: true,
    series: [
      {
        name: 'of its last 500 to 1,000 questions; HDDM_A proposes drift, ADWIN confirms it',
        points: input.misses,
        colour: 'misses',
        width: 2,
      },
    ],
  };
}

function inputsPlot(input: ReportInput): PlotInput {
  return {
    ...frameOf(input),
    title: 'The input or answer that is furthest from the training data',
    unit: 'PSI of 1,000 events, synthetic shop',
    series: [{ name: 'PSI of the furthest', points: input.drift, colour: 'drift', width: 2 }],
    level: { value: input.threshold, name: `threshold ${input.threshold}` },
  };
}

function facts({ before, fallen, live, static: unchanged, fresh, ...rest }: DemoSummary): string {
  const { recoveredFraction, staticFraction, secondsToVerdict, secondsToRecovery } = rest;
  const after = (seconds: number | null): string => (seconds === null ? 'never' : `${seconds.toFixed(1)} s`);
  const cells: [string, string][] = [
    ['of the next items foreseen before the change', percent(before)],
    ['from the change to the first new model', percent(fallen)],
    ['at the end', percent(live)],
    ['at the end by the old model', percent(unchanged)],
    ['at the end by a model of the new taste alone', percent(fresh)],
    ['recovered: of what that model foresees', percent(recoveredFraction)],
    ['of it without any training', percent(staticFraction)],
    ['from the change until drift was found', after(secondsToVerdict)],
    ['from the change to a new model for all', after(secondsToRecovery)],
  ];
  return `<dl class="facts">${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function row({ time, kind, text }: Mark, number: number, from: number): string {
  const second = ((time - from) / 1000).toFixed(1);
  return (
    `<tr class="${kind}"><td><span class="number">${number}</span></td><td class="second">${second}</td>` +
    `<td>${kind}</td><td>${escapeText(text)}</td></tr>`
  );
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Likeness: a shop changes, and the pipeline follows (synthetic)</title>
<style>${style}</style></head><body>
<h1>A shop changes, and the pipeline follows</h1>
${body}
</body></html>
`;
}
