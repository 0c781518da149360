/** Brings a number to mean 0 and deviation 1, by its logarithm where that makes it less lopsided. */

export interface Scale {
  /** sign(x) · ln(1 + |x|) first. */
  readonly log: boolean;
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
}

/** Of finite values; of none or of equal ones a scale that gives 0 for them. */
export function fitScale(values: readonly number[]): Scale {
  const logs = values.map(signedLog);
  const [plain, logged] = [moments(values), moments(logs)];
  const log = Math.abs(logged.skew) < Math.abs(plain.skew);
  const { mean, deviation } = log ? logged : plain;
  return { log, mean, deviation };
}

export function applyScale({ log, mean, deviation }: Scale, value: number): number {
  return ((log ? signedLog(value) : value) - mean) / deviation;
}

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}

function moments(values: readonly number[]) {
  const count = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const about = (power: number): number => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
  const deviation = Math.sqrt(about(2));
  // Of equal values rounding may leave a deviation, by which they must not be blown up.
  if (!(deviation > Math.abs(mean) * 1e-13)) return { mean, deviation: 1, skew: 0 };
  return { mean, deviation, skew: about(3) / deviation ** 3 };
}
