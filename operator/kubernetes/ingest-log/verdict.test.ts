import { describe, expect, it } from 'vitest';
import type { LogVolume } from './decide.ts';
import { logReportIn } from './log-report.ts';
import { ingestDrained, type LogsSeen } from './verdict.ts';

const volume = (ordinal: number, report?: LogVolume['report'], more: Partial<LogVolume> = {}): LogVolume => ({
  claim: `log-shop-ingest-${ordinal}`,
  ordinal,
  isBound: true,
  report,
  pod: undefined,
  ...more,
});
const open = (events: number) => ({ state: 'Open' as const, events, bytes: events * 1000, pod: 'u' });

const seen = (volumes: readonly LogVolume[], more: Partial<LogsSeen> = {}) =>
  ingestDrained({
    pipeline: { namespace: 'shops', name: 'shop' },
    volumes,
    held: [],
    suspended: false,
    discards: false,
    isAbandoned: false,
    ...more,
  });

describe('IngestDrained', () => {
  it('is true when every log is said to be empty, or was never bound', () => {
    const verdict = seen([volume(0, open(0)), volume(1, undefined, { isBound: false })]);
    expect(verdict).toMatchObject({ status: 'True', reason: 'Drained' });
  });

  it('is false while events wait, and says how many, where, and what to look at', () => {
    const verdict = seen([volume(0, open(1200)), volume(1, open(34)), volume(2, open(0))]);
    expect(verdict).toEqual({
      status: 'False',
      reason: 'EventsWaiting',
      message:
        '1,234 events (1.2 MB) are in the log of shop-ingest-0, shop-ingest-1 and not in Kafka yet. ' +
        'Pods deliver as soon as Kafka takes it: see TopicsReady.',
    });
  });

  it('names who stays for its log, and how to give it up', () => {
    const last = volume(2, open(1));
    expect(seen([last], { held: [last] }).message).toBe(
      '1 event (1 kB) is in the log of shop-ingest-2 and not in Kafka yet. shop-ingest-2 stays until then. ' +
        'Look at Kafka and at the pods. To give up what is left: ' +
        'kubectl annotate ppl shop -n shops likeness.dev/discard-undrained=true.',
    );
  });

  it('is not known before they have spoken, and false when one is held that has not', () => {
    const last = volume(1);
    expect(seen([volume(0, open(0)), last])).toMatchObject({ status: 'Unknown', reason: 'NotReported' });
    const verdict = seen([last], { held: [last] });
    expect(verdict).toMatchObject({ status: 'False', reason: 'NotReported' });
    expect(verdict.message).toContain('shop-ingest-1 has not said yet that its log is empty.');
  });

  it.each([
    [{ suspended: true }, 'suspended'],
    [{ isAbandoned: true }, 'set spec.ingest.log again'],
  ])('says what is to be done: %j', (more, text) => {
    expect(seen([volume(0, open(5))], more).message).toContain(text);
  });

  it('says no log to be empty because it is given up', () => {
    const { status, message } = seen([volume(0, open(5))], { discards: true });
    expect(status).toBe('False');
    expect(message).toContain(
      '5 events (5 kB) are in the log of shop-ingest-0 and not in Kafka yet. What goes takes them',
    );
    expect(message).toContain('kubectl annotate ppl shop -n shops likeness.dev/discard-undrained-.');
    expect(seen([volume(0)], { discards: true })).toMatchObject({ status: 'Unknown', reason: 'NotReported' });
  });

  it('does not name pods without end', () => {
    const many = Array.from({ length: 900 }, (_, ordinal) => volume(ordinal, open(1)));
    const { message } = seen(many, { held: many });
    expect(message.length).toBeLessThan(1024);
    expect(message).toContain('shop-ingest-4 and 895 more');
  });
});

describe('a report', () => {
  const said = { state: 'Open', events: 3, bytes: 100, pod: 'u' };
  it('is read under the name of its pod', () => {
    const data = { 'shop-ingest-0': JSON.stringify(said) };
    expect(logReportIn(data, 'shop-ingest-0')).toEqual(said);
    expect(logReportIn(data, 'shop-ingest-1')).toBeUndefined();
    expect(logReportIn(undefined, 'shop-ingest-0')).toBeUndefined();
  });

  it.each([
    'nonsense',
    'null',
    '{}',
    ...[{ state: 'Shut' }, { events: -1 }, { events: '0' }, { bytes: 1.5 }, { pod: 7 }].map((wrong) =>
      JSON.stringify({ ...said, ...wrong }),
    ),
  ])('that says %s says nothing', (text) => {
    expect(logReportIn({ pod: text }, 'pod')).toBeUndefined();
  });
});
