/** Refuses values that do not fit a program, with the names of what does not fit. */
import { LikenessError } from '../../errors.ts';
import type { Batch, TensorProgram, TrainingState } from './tensor-backend.ts';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, width) => size * width, 1);

/** Throws `BadData` where an input is missing, unknown, of another size or of another type. */
export function checkBatch(program: TensorProgram, batch: Batch): void {
  const wanted = program.inputs;
  const wrong = Object.entries(wanted).flatMap(([name, { shape, dtype }]) => {
    const values = batch[name];
    if (values === undefined) return [`${name} is missing`];
    const kind = values instanceof Float32Array ? 'float32' : 'int32';
    if (kind !== dtype) return [`${name} is ${kind}, not ${dtype}`];
    return sizeProblems(name, shape, values.length);
  });
  refuse('The batch does not fit the program', [...wrong, ...strangers(wanted, Object.keys(batch))]);
}

/** Throws `BadData` where a variable is missing, unknown or of another size. */
export function checkVariables(program: TensorProgram, values: ReadonlyMap<string, Float32Array>, what: string): void {
  const wanted = program.variables;
  const wrong = Object.entries(wanted).flatMap(([name, shape]) => {
    const found = values.get(name);
    return found === undefined ? [`${name} is missing`] : sizeProblems(name, shape, found.length);
  });
  refuse(`The ${what} do not fit the program`, [...wrong, ...strangers(wanted, [...values.keys()])]);
}

/** Throws `BadData` where the state is not one of this program. */
export function checkState(program: TensorProgram, state: TrainingState): void {
  if (!Number.isSafeInteger(state.steps) || state.steps < 0)
    throw new LikenessError('BadData', `A training cannot have done ${state.steps} steps`);
  checkVariables(program, state.variables, 'variables');
  checkVariables(program, state.firstMoments, 'first moments');
  checkVariables(program, state.secondMoments, 'second moments');
}

function sizeProblems(name: string, shape: readonly number[], length: number): string[] {
  const size = sizeOf(shape);
  return length === size ? [] : [`${name} has ${length} values, not ${size} for the shape [${shape.join(', ')}]`];
}

function strangers(wanted: object, names: readonly string[]): string[] {
  return names.filter((name) => !Object.hasOwn(wanted, name)).map((name) => `${name} is unknown`);
}

function refuse(what: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new LikenessError('BadData', `${what}: ${wrong.join('; ')}`);
}
