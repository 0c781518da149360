/** The report of a demonstration: one HTML file with its plots as inline SVG, and nothing from elsewhere. Pure. */
import { escapeText, plot, type Series } from './plot.ts';
import { describeMark } from './screen.ts';
import type { Mark } from './marks.ts';
import type { RatePoint } from './questions.ts';

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
  const { from, to, marks, summary, threshold } = input;
  const quality: Series[] = [
    { name: 'live: whatever the pipeline serves', points: input.live, colour: '#0b7285', width: 2.5 },
    { name: 'static: the model that served when the change came', points: input.static, colour: '#c92a2a', width: 1.5 },
    {
      name: 'fresh: a model of the new taste alone',
      points: input.fresh,
      colour: '#2b8a3e',
      width: 1.5,
      dashes: '6 4',
    },
  ];
  const drift: Series[] = [
    { name: 'furthest input, by PSI', points: input.drift, colour: '#5f3dc4', width: 2 },
    { name: 'share of misses of the watched model', points: input.misses, colour: '#868e96', width: 1.5 },
  ];
  const frame = { from, to, marks };
  return page(`
<p class="synthetic">Synthetic: every event of this report was made by <code>likeness simulate</code> (seed ${summary.seed}).
No customer is real.</p>
<p>${summary.events.toLocaleString('en')} events of a simulated shop went through the pipeline that runs anywhere: ingest, cleaner,
features, models. Halfway all its customers took on another taste. Nobody touched anything.</p>
${facts(summary)}
<h2>Quality: would the next item have been among ten recommendations?</h2>
${plot({ ...frame, series: quality, title: 'Share of hits over time' })}
<p class="note">Asked of the running API just before each event, of items that the customer has not had. The other two are asked
the same afterwards. The fresh model has learned from the first part of the new time, and is asked in the rest.</p>
<h2>What the watches saw</h2>
${plot({ ...frame, series: drift, title: 'Drift over time', level: { value: threshold, name: 'threshold' } })}
<h2>What happened</h2>
<table><thead><tr><th>Second</th><th>What</th><th>Which</th></tr></thead><tbody>
${marks.map((mark) => row(mark, from)).join('\n')}
</tbody></table>`);
}

function facts({ before, fallen, live, static: unchanged, fresh, ...rest }: DemoSummary): string {
  const { recoveredFraction, staticFraction, secondsToVerdict, secondsToRecovery } = rest;
  const cells: [string, string][] = [
    ['hits before the change', percent(before)],
    ['hits until the first new model', percent(fallen)],
    ['hits at the end', percent(live)],
    ['of the old model', percent(unchanged)],
    ['of a model of the new taste', percent(fresh)],
    ['recovered', percent(recoveredFraction)],
    ['without training', percent(staticFraction)],
    ['drift found after', secondsToVerdict === null ? 'never' : `${secondsToVerdict.toFixed(1)} s`],
    ['new model for all after', secondsToRecovery === null ? 'never' : `${secondsToRecovery.toFixed(1)} s`],
  ];
  return `<dl>${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function row(mark: Mark, from: number): string {
  const second = describeMark(mark, from).trim().split(' ')[0]!;
  return `<tr class="${mark.kind}"><td>${second}</td><td>${mark.kind}</td><td>${escapeText(mark.text)}</td></tr>`;
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Likeness: a shop changes, and the pipeline follows (synthetic)</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #212529; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.synthetic { background: #fff3bf; border-left: 4px solid #f08c00; padding: .5rem 1rem; }
.note { color: #495057; font-size: .9rem; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #495057; }
dl { display: flex; flex-wrap: wrap; gap: .5rem; } dl div { background: #f1f3f5; padding: .4rem .8rem; border-radius: .3rem; }
dt { font-size: .8rem; color: #495057; } dd { margin: 0; font-size: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
td, th { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #dee2e6; vertical-align: top; }
tr.change td, tr.verdict td { background: #fff5f5; } tr.active td { background: #ebfbee; }
</style></head><body>
<h1>A shop changes, and the pipeline follows</h1>
${body}
</body></html>
`;
}
