import { expect, it } from 'vitest';
import { markKinds } from './marks.ts';
import { renderReport } from './report.ts';

const points = [
  { time: 0, rate: 0.5 },
  { time: 5000, rate: 0.1 },
  { time: 10_000, rate: 0.45 },
];

const html = renderReport({
  from: 0,
  to: 10_000,
  marks: markKinds.map((kind, at) => ({ time: 1000 * at, kind, text: `<${kind}> & more` })),
  live: points,
  static: points,
  fresh: points,
  drift: points,
  misses: points,
  threshold: 0.2,
  summary: {
    synthetic: true,
    seed: 7,
    events: 1234,
    before: 0.5,
    fallen: 0.1,
    live: 0.48,
    static: 0.1,
    fresh: 0.5,
    recoveredFraction: 0.96,
    staticFraction: 0.2,
    secondsToVerdict: 12.3,
    secondsToRecovery: null,
  },
});

it('says that it is synthetic, and holds every step, all plots and the figures', () => {
  expect(html).toContain('<b>Synthetic.</b> Every event');
  expect(html.match(/<svg [^>]*role="img"/g)).toHaveLength(3);
  expect(html.match(/synthetic shop</g)).toHaveLength(3);
  expect(html.match(/<polyline points="\d/g)).toHaveLength(5);
  expect(html).toContain('prefers-color-scheme: dark');
  for (const kind of markKinds) expect(html).toContain(`<tr class="${kind}">`);
  for (const figure of ['1,234 events', '96.0%', '12.3 s', 'never']) expect(html).toContain(figure);
});

it('needs nothing from elsewhere, and takes no text for markup', () => {
  expect(html).not.toMatch(/<script|<link|src=|href=|url\(|https?:/);
  expect(html).not.toContain('<change>');
  expect(html).toContain('&lt;change&gt; &amp; more');
});
