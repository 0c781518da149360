/** The contract of `TensorBackend`, run against every implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Adam, TensorBackend, TrainingSession } from '../../services/shared/learning/tensor/tensor-backend.ts';
import curves from './tensor/curves.json' with { type: 'json' };
import { operationsExercise } from './tensor/operations.ts';
import { adversarialExercise, attentionExercise, type Exercise, mlpExercise } from './tensor/programs.ts';

const adam: Adam = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const exercises = {
  mlp: mlpExercise,
  attention: attentionExercise,
  adversarial: adversarialExercise,
  operations: operationsExercise,
};
const names = Object.keys(exercises) as (keyof typeof exercises)[];

async function train(session: TrainingSession, { batch }: Exercise, steps: readonly number[]): Promise<number[]> {
  const losses: number[] = [];
  for (const step of steps) losses.push(await session.step(batch(step)));
  return losses;
}

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, at) => from + at);

export function tensorBackendContract(name: string, open: () => Promise<TensorBackend>): void {
  describe(`TensorBackend contract: ${name}`, () => {
    let backend: TensorBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());
    const start = ({ program, initial }: Exercise) => backend.start(program, adam, initial());

    it.each(names)('trains the %s along the curve of the reference', async (exercise) => {
      const session = await start(exercises[exercise]);
      const expected = curves[exercise];
      const losses = await train(session, exercises[exercise], upTo(expected.length));
      session.close();
      for (const [step, loss] of losses.entries()) expect(loss / expected[step]!, `step ${step}`).toBeCloseTo(1, 4);
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
    });

    it.each(names)('goes on from a pulled state of the %s as if it had never stopped', async (exercise) => {
      const whole = await start(exercises[exercise]);
      const losses = await train(whole, exercises[exercise], upTo(12));
      const first = await start(exercises[exercise]);
      await train(first, exercises[exercise], upTo(6));
      const state = await first.pull();
      expect(state.steps).toBe(6);
      first.close();
      const second = await start(exercises[exercise]);
      await second.push(state);
      expect(await train(second, exercises[exercise], upTo(12, 6))).toEqual(losses.slice(6));
      expect(await second.pull()).toEqual(await whole.pull());
      second.close();
      whole.close();
    });

    it('keeps a pulled state as it was while training goes on', async () => {
      const session = await start(mlpExercise);
      await train(session, mlpExercise, upTo(2));
      const state = await session.pull();
      const copy = structuredClone(state);
      await train(session, mlpExercise, upTo(4, 2));
      expect(state).toEqual(copy);
      session.close();
    });

    it('evaluates without learning, and its loss is the one before the step', async () => {
      const session = await start(attentionExercise);
      const before = await session.evaluate(attentionExercise.batch(0));
      expect(await session.evaluate(attentionExercise.batch(0))).toBe(before);
      expect(await session.step(attentionExercise.batch(0))).toBeCloseTo(before, 5);
      expect(await session.evaluate(attentionExercise.batch(0))).toBeLessThan(before);
      session.close();
    });

    it('trains two programs side by side, neither touched by the other', async () => {
      const alone = await start(mlpExercise);
      const expected = await train(alone, mlpExercise, upTo(4));
      alone.close();
      const [one, other] = [await start(mlpExercise), await start(mlpExercise)];
      await train(other, mlpExercise, upTo(3));
      expect(await train(one, mlpExercise, upTo(4))).toEqual(expected);
      one.close();
      other.close();
    });

    it('takes a variable that the loss does not depend on, and leaves it', async () => {
      const program = { ...mlpExercise.program, variables: { ...mlpExercise.program.variables, idle: [3] } };
      const session = await backend.start(
        program,
        adam,
        mlpExercise.initial().set('idle', new Float32Array([1, 2, 3])),
      );
      await train(session, mlpExercise, upTo(2));
      expect([...(await session.pull()).variables.get('idle')!]).toEqual([1, 2, 3]);
      session.close();
    });

    it('refuses what does not fit the program, and names it', async () => {
      const session = await start(mlpExercise);
      const batch = mlpExercise.batch(0);
      const refusals: [Parameters<TrainingSession['step']>[0], string][] = [
        [{ ...batch, x: new Float32Array(5) }, 'x has 5 values, not 96 for the shape [16, 6]'],
        [{ ...batch, label: new Int32Array(16) }, 'label is int32, not float32'],
        [{ x: batch['x']!, label: batch['label']! }, 'keep is missing'],
        [{ ...batch, more: new Float32Array(1) }, 'more is unknown'],
      ];
      for (const [bad, message] of refusals)
        await expect(session.step(bad)).rejects.toMatchObject({
          code: 'BadData',
          message: expect.stringContaining(message),
        });
      const state = await session.pull();
      const short = new Map(state.firstMoments).set('out', new Float32Array(2));
      await expect(session.push({ ...state, firstMoments: short })).rejects.toThrow('out has 2 values, not 12');
      await expect(session.push({ ...state, steps: -1 })).rejects.toMatchObject({ code: 'BadData' });
      await expect(backend.start(mlpExercise.program, adam, new Map())).rejects.toThrow('hidden is missing');
      expect(await session.pull()).toEqual(state);
      session.close();
    });
  });
}
