import { Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { noteSkew } from './note-skew.ts';

test('the skew of the newest candidate of a model is shown, and nothing else', async () => {
  const gauge = new Gauge({ name: 'skew', help: 'skew', labelNames: ['model'], registers: [new Registry()] });
  const note = (key: string, message: unknown): void =>
    noteSkew({ key, value: Buffer.from(JSON.stringify(message)) }, gauge, new Set(['next']));
  note('candidate/1', { model: 'next', metrics: { skew: 0 } });
  note('candidate/2', { model: 'next', metrics: { skew: 0.25 } });
  note('candidate/3', { model: 'next', metrics: {} });
  note('candidate/4', { model: 'gone', metrics: { skew: 1 } });
  note('active/next', { model: 'next', metrics: { skew: 1 } });
  note('candidate/5', null);
  noteSkew({ key: 'candidate/6', value: Buffer.from('{') }, gauge, new Set(['next']));
  noteSkew({ key: 'candidate/7', value: null }, gauge, new Set(['next']));
  expect((await gauge.get()).values).toEqual([{ labels: { model: 'next' }, value: 0.25 }]);
});
