/** The gamma function's relatives that tests of significance and entropy estimates need. */

/** Lanczos coefficients for g = 7 (Godfrey 2001): 15 digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const base = z + 7.5;
  const sum = lanczos.reduce((total, coefficient, at) => (at === 0 ? coefficient : total + coefficient / (z + at)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** ψ(x) = d ln Γ(x)/dx for x > 0: recurrence up to 20, then the asymptotic series (Abramowitz, Stegun 6.3.18). */
export function digamma(x: number): number {
  let [at, below] = [x, 0];
  while (at < 20) below += 1 / at++;
  const inverse = 1 / (at * at);
  const series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))));
  return Math.log(at) - 1 / (2 * at) - series - below;
}

/** P(χ² ≥ statistic) with so many degrees of freedom: the upper regularised incomplete gamma function Q(d/2, x/2). */
export function chiSquareTail(statistic: number, degrees: number): number {
  if (degrees <= 0 || statistic <= 0) return 1;
  const [shape, x] = [degrees / 2, statistic / 2];
  const scale = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  return x < shape + 1 ? 1 - scale * lowerSeries(shape, x) : scale * upperFraction(shape, x);
}

function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let at = shape + 1; Math.abs(term) > Math.abs(sum) * 1e-16; at++) {
    term *= x / at;
    sum += term;
  }
  return sum;
}

/** Lentz's continued fraction (Press and others, Numerical Recipes, section 6.2). */
function upperFraction(shape: number, x: number): number {
  let below = x + 1 - shape;
  let [c, d] = [1e300, 1 / below];
  let fraction = d;
  for (let at = 1; at < 10_000; at++) {
    const step = at * (shape - at);
    below += 2;
    d = 1 / (step * d + below);
    c = below + step / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}
