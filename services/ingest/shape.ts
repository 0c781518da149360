/** The shape of a parsed JSON value: how deep, how many keys, no key that reaches an object's prototype. Pure. */
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Looks at every value inside `root`; undefined: nothing is wrong. Stops at the first fault, whatever the size. */
export function findFault(root: object, maxKeys: number = limits.keys): Refusal | undefined {
  return inspect(root, 1, { left: maxKeys, maxKeys });
}

interface Budget {
  left: number;
  readonly maxKeys: number;
}

const tooDeep = refuse('TooDeep', `more than ${limits.depth} objects and arrays inside each other`);
const badNumber = refuse('BadNumber', 'a number beyond the range of a double: send it as a string');

function inspect(value: object, depth: number, budget: Budget): Refusal | undefined {
  if (depth > limits.depth) return tooDeep;
  return Array.isArray(value) ? inspectList(value, depth, budget) : inspectObject(value as JsonObject, depth, budget);
}

function inspectList(list: readonly unknown[], depth: number, budget: Budget): Refusal | undefined {
  for (const element of list) {
    const fault = inspectValue(element, depth, budget);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inspectObject(object: JsonObject, depth: number, budget: Budget): Refusal | undefined {
  // for…in: what JSON.parse makes has no enumerable key but its own, and this is the loop that V8 caches.
  for (const key in object) {
    if (--budget.left < 0) return refuse('TooManyKeys', `more than ${budget.maxKeys} keys`);
    if (key === '__proto__' || key === 'constructor' || key === 'prototype')
      return refuse('ForbiddenKey', `the key ${key} is not allowed, at any depth`);
    const fault = inspectValue(object[key], depth, budget);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inspectValue(value: unknown, depth: number, budget: Budget): Refusal | undefined {
  if (typeof value === 'object') return value === null ? undefined : inspect(value, depth + 1, budget);
  // 1e999 is valid JSON; written out again it would silently become null.
  if (typeof value === 'number' && !Number.isFinite(value)) return badNumber;
  return undefined;
}
