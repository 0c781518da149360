/** The way of a model into service: cases, and what holds whatever crashes between two writes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActiveMessage, GateMessage } from '../services/shared/model-stream.ts';
import { noEvidence } from './alarms.ts';
import { notingGate, streamGate, type GateVerdict } from './gate.ts';
import {
  decidePromotion,
  noMemory,
  type Promotion,
  type PromotionInput,
  type PromotionMemory,
  type StoredCandidate,
} from './promotion.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const minute = 60_000;

const candidate = (name: string, offset: number, metrics = {}): StoredCandidate => ({
  kind: 'candidate',
  runId: name,
  model: 'next-item',
  version: name,
  digest: `sha-${name}`,
  trainedAt: '2026-01-01T00:00:00Z',
  events: 100,
  metrics,
  offset,
});
const ref = (name: string) => ({ version: name, digest: `sha-${name}` });
const active = (name: string, more: Partial<ActiveMessage> = {}): ActiveMessage => ({
  kind: 'active',
  model: 'next-item',
  ...ref(name),
  generation: 1,
  canaryPercent: 100,
  activatedAt: new Date(now - 10 * minute).toISOString(),
  ...more,
});
const passing = (): GateVerdict => ({ verdict: 'Passed', reason: 'it is good' });
const failing = (): GateVerdict => ({ verdict: 'Refused', reason: 'it is bad' });
const silent = (): GateVerdict => ({ verdict: 'Pending', reason: 'no report yet' });

const enough = { answers: 100, questions: 0 };

type Given = Partial<Omit<PromotionInput, 'standing' | 'memory'>> & {
  readonly candidates?: readonly StoredCandidate[];
  readonly active?: ActiveMessage;
  readonly end?: number;
  readonly memory?: Partial<PromotionMemory>;
};

function decide({ candidates = [], active: current, end = 100, memory, ...given }: Given): Promotion {
  return decidePromotion({
    now,
    policy: 'Auto',
    canaryPercent: 10,
    bakeMs: 15 * minute,
    minAnswers: 100,
    judge: passing,
    wish: undefined,
    alarm: undefined,
    evidence: enough,
    ...given,
    standing: { candidates, active: current, end },
    memory: { ...noMemory, generation: current?.generation ?? 0, ...memory },
  });
}

/** Phase, and what is announced: version, generation, percent. */
function outcome(given: Given): string {
  const { phase, announce } = decide(given);
  return announce ? `${announce.version} ${announce.generation} ${announce.canaryPercent}%` : phase;
}

const [v1, v2, v3] = [candidate('v1', 0), candidate('v2', 2), candidate('v3', 4)];
const served = active('v1', { decided: 0 });
const onTrial = active('v2', { generation: 2, canaryPercent: 10, stable: ref('v1'), decided: 2 });
const both = [v1, v2];

const cases: readonly [name: string, given: Given, expected: string][] = [
  ['nothing trained', {}, 'None'],
  ['the first model answers all at once', { candidates: [v1] }, 'v1 1 100%'],
  ['a first model that the gate refuses', { candidates: [v1], judge: failing }, 'None'],
  ['in service, nothing new', { candidates: [v1], active: served }, 'Active'],
  ['a second one answers some', { candidates: both, active: served }, 'v2 2 10%'],
  ['a second one answers all where it is to', { candidates: both, active: served, canaryPercent: 100 }, 'v2 2 100%'],
  ['of several new ones the newest', { candidates: [v1, v2, v3], active: served }, 'v3 2 10%'],
  ['the gate is silent', { candidates: both, active: served, judge: silent }, 'Judging'],
  ['the gate refuses', { candidates: both, active: served, judge: failing }, 'Active'],
  ['refused before', { candidates: both, active: served, memory: { decided: 2, refusals: 1 } }, 'Active'],
  ['the third refusal in a row', { candidates: both, active: served, judge: failing, memory: { refusals: 2 } }, 'Held'],
  ['held, though the gate would pass the next', { candidates: both, active: served, memory: { refusals: 3 } }, 'Held'],
  ['held, and a person decides', { candidates: both, active: served, memory: { refusals: 3 }, wish: 'v2' }, 'v2 2 10%'],
  [
    'a person decides on what the gate refuses',
    { candidates: both, active: served, judge: failing, wish: 'v2' },
    'v2 2 10%',
  ],
  ['manual, the gate passed', { candidates: both, active: served, policy: 'Manual' }, 'AwaitingApproval'],
  ['manual, the gate refused', { candidates: both, active: served, policy: 'Manual', judge: failing }, 'Active'],
  ['manual, approved', { candidates: both, active: served, policy: 'Manual', wish: 'v2@1' }, 'v2 2 10%'],
  [
    'approved before',
    { candidates: both, active: served, wish: 'v2@1', memory: { asked: 'v2@1', decided: 2 } },
    'Active',
  ],
  [
    'approved once more',
    { candidates: both, active: served, wish: 'v2@2', memory: { asked: 'v2@1', decided: 2 } },
    'v2 2 10%',
  ],
  ['a wish for what there is not', { candidates: [v1], active: served, wish: 'v9' }, 'Active'],
  ['a wish for what is in service', { candidates: [v1], active: served, wish: 'v1' }, 'Active'],
  [
    'back to an earlier one, at once',
    { candidates: [v1, v2, v3], active: active('v3', { generation: 5 }), wish: 'v1' },
    'v1 6 100%',
  ],
  ['on trial', { candidates: both, active: onTrial }, 'Canary'],
  ['on trial, and a newer one waits', { candidates: [v1, v2, v3], active: onTrial }, 'Canary'],
  ['the trial is over', { candidates: both, active: onTrial, bakeMs: 10 * minute }, 'v2 3 100%'],
  [
    'the trial is over, and nobody has asked anything',
    { candidates: both, active: onTrial, bakeMs: 10 * minute, evidence: noEvidence },
    'Canary',
  ],
  [
    'a day later nobody has either',
    { candidates: both, active: onTrial, bakeMs: 10 * minute, evidence: noEvidence, now: now + 24 * 60 * minute },
    'AwaitingApproval',
  ],
  [
    'a day later a few have',
    {
      candidates: both,
      active: onTrial,
      bakeMs: 10 * minute,
      evidence: { answers: 2, questions: 0 },
      now: now + 24 * 60 * minute,
    },
    'v2 3 100%',
  ],
  [
    'nobody has asked anything, and a person decides',
    { candidates: both, active: onTrial, bakeMs: 0, evidence: noEvidence, wish: 'v2' },
    'v2 3 100%',
  ],
  [
    'an alarm of a trial that nothing was seen of',
    { candidates: both, active: onTrial, bakeMs: 0, evidence: noEvidence, alarm: 'down' },
    'v1 3 100%',
  ],
  ['serving fails during the trial', { candidates: both, active: onTrial, alarm: 'down' }, 'v1 3 100%'],
  [
    'an alarm comes as the trial ends',
    { candidates: both, active: onTrial, alarm: 'down', now: now + 60 * minute },
    'v1 3 100%',
  ],
  [
    'serving fails without a trial',
    { candidates: both, active: active('v2', { stable: ref('v1') }), alarm: 'down', memory: { decided: 2 } },
    'Active',
  ],
  ['a person ends the trial well', { candidates: both, active: onTrial, wish: 'v2' }, 'v2 3 100%'],
  ['a person ends the trial', { candidates: both, active: onTrial, wish: 'v1' }, 'v1 3 100%'],
  ['the status is behind the stream', { candidates: both, active: onTrial, memory: { generation: 0 } }, 'Canary'],
  ['the stream was made anew', { candidates: [v1], end: 1, memory: { decided: 40, generation: 7 } }, 'v1 8 100%'],
  [
    'a refused one, after the status was lost',
    { candidates: both, active: active('v1', { decided: 2 }), memory: noMemory },
    'Active',
  ],
];

describe('promotion', () => {
  it.each(cases)('%s', (_, given, expected) => {
    expect(outcome(given)).toBe(expected);
  });

  it('says of each state what is so, and when that changes', () => {
    expect(decide({ candidates: both, active: onTrial })).toMatchObject({
      message:
        'v2 answers 10% of the profiles until 2026-01-01T00:05:00.000Z, and until there are 100 answers or questions ' +
        '(minAnswers).',
      until: now + 5 * minute,
    });
    const refused = decide({ candidates: both, active: served, judge: failing });
    expect(refused).toMatchObject({
      message: 'v1 answers all profiles. v2 was refused: it is bad.',
      candidate: { version: 'v2' },
      memory: { refusals: 1, decided: 2 },
    });
    // The next pass says the same.
    expect(decide({ candidates: both, active: served, memory: refused.memory }).message).toBe(refused.message);
    expect(decide({ candidates: [v1], active: served, wish: 'v9' }).message).toContain('There is no version v9.');
  });

  it('remembers of a rollback, in the stream, that the candidate was decided upon', () => {
    const back = decide({ candidates: both, active: onTrial, alarm: 'serving has no pod' });
    expect(back.announce).toMatchObject({ version: 'v1', decided: 2, refusals: 1 });
    expect(back.announce).not.toHaveProperty('stable');
    const next = { candidates: both, active: back.announce!, memory: back.memory };
    expect(decide(next)).toMatchObject({ phase: 'Active', memory: { refusals: 1, decided: 2 } });
    expect(decide(next).message).toContain('v2 was taken back while it was on trial: serving has no pod.');
    expect(outcome({ ...next, candidates: [...both, v3] })).toBe('v3 4 10%');
  });

  it('waits for a gate that is silent, and after ten minutes says so aloud, with since when and what to do', () => {
    const trained = (minutesAgo: number) => ({ ...v2, trainedAt: new Date(now - minutesAgo * minute).toISOString() });
    const waiting = decide({ candidates: [v1, trained(9)], active: served, judge: silent });
    expect(waiting).toMatchObject({ phase: 'Judging', until: now + minute });
    expect(waiting.silence).toBeUndefined();
    const aloud = decide({ candidates: [v1, trained(10)], active: served, judge: silent });
    expect(aloud.until).toBeUndefined();
    expect(aloud.silence).toBe(
      `The gate has not judged v2, for which it is waited since ${trained(10).trainedAt}: no report yet. ` +
        'Until then v1 goes on answering. Look at what the gate waits for, or put the model into service by ' +
        'likeness promote.',
    );
    expect(aloud.message).toBe(aloud.silence);
    const first = decide({ candidates: [trained(10)], judge: silent });
    expect(first.silence).toContain('Until then no model is in service.');
  });

  it('judges a candidate that came during a trial once that is over', () => {
    const { announce } = decide({ candidates: [v1, v2, v3], active: onTrial, bakeMs: 0 });
    expect(announce).toMatchObject({ version: 'v2', canaryPercent: 100, stable: ref('v1'), refusals: 0 });
    expect(outcome({ candidates: [v1, v2, v3], active: announce! })).toBe('v3 4 10%');
  });
});

interface Pass {
  readonly verdict: GateVerdict['verdict'];
  readonly alarm: boolean;
  readonly answers: number;
  readonly crash: string;
}

describe('whatever is lost between two writes', () => {
  const step = fc.record({
    trains: fc.boolean(),
    verdict: fc.constantFrom<GateVerdict['verdict'][]>('Passed', 'Refused', 'Pending'),
    alarm: fc.boolean(),
    answers: fc.constantFrom(0, 100),
    /** The operator dies before its announcement, or before its status. */
    crash: fc.constantFrom('none', 'announcement', 'status'),
    minutes: fc.integer({ min: 0, max: 20 }),
  });

  it('generations rise by one, a trial always has somebody to go back to, and it comes to rest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = { candidates: [] as StoredCandidate[], active: undefined as ActiveMessage | undefined, end: 0 };
        let memory = noMemory;
        let time = now;
        const pass = ({ verdict, alarm, answers, crash }: Pass) => {
          const promotion = decidePromotion({
            now: time,
            policy: 'Auto',
            canaryPercent: 10,
            bakeMs: 5 * minute,
            minAnswers: 100,
            standing: world,
            memory,
            wish: undefined,
            judge: () => ({ verdict, reason: 'so' }),
            alarm: alarm ? 'alarm' : undefined,
            evidence: { answers, questions: 0 },
          });
          const { announce } = promotion;
          if (announce && crash !== 'announcement') {
            expect(announce.generation).toBe((world.active?.generation ?? 0) + 1);
            expect(announce.canaryPercent === 100 || announce.stable !== undefined).toBe(true);
            expect(announce.stable?.digest).not.toBe(announce.digest);
            world.active = announce;
            world.end++;
          }
          if (crash !== 'status') memory = promotion.memory;
          return promotion;
        };
        for (const { trains, minutes, ...seen } of steps) {
          time += minutes * minute;
          if (trains) world.candidates.push(candidate(`v${world.end}`, world.end++));
          pass(seen);
        }
        let calm = 0;
        for (let at = 0; at < 20 && calm < 2; at++) {
          time += 6 * minute;
          calm = pass({ verdict: 'Passed', alarm: false, answers: 100, crash: 'none' }).announce ? 0 : calm + 1;
        }
        expect(calm).toBe(2);
      }),
    );
  });
});

describe('the gate that reads the stream', () => {
  const v2 = candidate('v2', 1);
  const said = { kind: 'gate', runId: 'v2', model: 'next-item', ...ref('v2'), figures: {}, judgedAt: '' } as const;
  const gate = (more: Partial<GateMessage> = {}): GateMessage => ({
    ...said,
    against: 'sha-v1',
    verdict: 'Refused',
    reasons: ['too slow', 'too bad'],
    ...more,
  });
  const judge = (gates: readonly GateMessage[], current: ActiveMessage | undefined = active('v1')) =>
    streamGate.judge(v2, undefined, { candidates: [v2], active: current, gates, end: 9 });

  it('gives the verdict on this artifact beside the model that is in service', () => {
    expect(judge([gate()])).toEqual({ verdict: 'Refused', reason: 'too slow; too bad' });
    expect(judge([gate(), gate({ verdict: 'Passed' })]).verdict).toBe('Passed');
    expect(
      streamGate.judge(v2, undefined, { candidates: [v2], active: undefined, gates: [gate({ against: null })], end: 9 })
        .verdict,
    ).toBe('Refused');
  });

  it('waits where another artifact was judged, beside another model, or none', () => {
    const others = [
      gate({ digest: 'sha-x' }),
      gate({ against: null }),
      gate({ against: 'sha-v0' }),
      gate({ runId: 'x' }),
    ];
    expect(judge(others).verdict).toBe('Pending');
  });

  it('notes what somebody has to look at', () => {
    const { gate: noting, asked } = notingGate(streamGate);
    const standing = { candidates: [v2], active: active('v1'), end: 9 };
    noting.judge(v2, undefined, standing);
    noting.judge(v2, undefined, { ...standing, gates: [gate()] });
    expect(asked).toEqual([{ model: 'next-item', runId: 'v2', digest: 'sha-v2', against: 'sha-v1' }]);
  });
});
