/** Applies the spec's own rules: CEL expressions over the event that drop it, keep it aside, or tag it. */
import { celEnv, isCelError, parse, plan, type CelInput, type CelResult } from '@bufbuild/cel';
import type { CleanerSlice } from '../../../crds/slices.ts';
import { LikenessError } from '../../shared/errors.ts';
import { deadLetter, drop, ok, type Result } from '../../shared/result.ts';
import type { Draft, Step } from '../step.ts';

type RuleDefinition = CleanerSlice['cleaning']['rules'][number];

interface Rule extends RuleDefinition {
  readonly evaluate: (event: CelInput) => CelResult;
}

/**
 * The first rule that refuses decides; tags add up. The expression sees `event` without its absent and null fields,
 * `properties` and `context` always there. A rule about a field that an event lacks does not match that event (so
 * `event.properties.ip.startsWith('10.')` needs no `has`); any other failure, a number where text was expected for
 * one, refuses the event as RuleFailed, because whether to keep it is then unknown. Throws LikenessError `BadSpec`.
 */
export function createRulesStep({ rules }: Pick<CleanerSlice['cleaning'], 'rules'>): Step {
  const compiled = rules.map(compileRule);
  if (compiled.length === 0) return ok;
  return (event) => {
    const input = celInput(event);
    let result: Result<Draft> = ok(event);
    for (const rule of compiled) {
      if (result.kind !== 'ok') return result;
      result = applyRule(rule, input, result.value);
    }
    return result;
  };
}

function applyRule(rule: Rule, input: CelInput, event: Draft): Result<Draft> {
  const matched = rule.evaluate(input);
  if (matched === false || isMissingField(matched)) return ok(event);
  if (matched !== true) return deadLetter('RuleFailed', `${rule.name}: ${failureOf(matched)}`);
  if (rule.action === 'Drop') return drop(rule.name);
  if (rule.action === 'DeadLetter') return deadLetter('RuleMatched', rule.name);
  return ok({ ...event, tags: [...(event.tags ?? []), rule.name] });
}

function compileRule(definition: RuleDefinition): Rule {
  const evaluate = planExpression(definition);
  // Unknown names show only on evaluation; an event that has every field finds them at the start.
  const probe = evaluate(celInput(wholeEvent));
  if (isCelError(probe) && /^(unresolved|unbound)/.test(probe.message)) throw badRule(definition, probe);
  return { ...definition, evaluate };
}

const noon = '2024-02-01T12:00:00.000Z';
const wholeEvent: Draft = {
  id: 'id',
  type: 'type',
  userId: 'user',
  anonymousId: 'anonymous',
  previousId: 'previous',
  itemId: 'item',
  time: noon,
  ingestedAt: noon,
  receivedAt: noon,
  value: 1,
  quantity: 1,
  text: 'text',
  item: { category: 'category', brand: 'brand', title: 'title', price: 1 },
};

function planExpression(definition: RuleDefinition): (event: CelInput) => CelResult {
  try {
    const evaluate = plan(celEnv(), parse(definition.when));
    return (event) => evaluate({ event });
  } catch (cause) {
    throw badRule(definition, cause);
  }
}

function badRule({ name, when }: RuleDefinition, cause: unknown): LikenessError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LikenessError(
    'BadSpec',
    `spec.cleaning.rules[${name}].when: "${when}" is no CEL expression over event: ${why}`,
    {
      cause,
    },
  );
}

function celInput(event: Draft): CelInput {
  const input: Record<string, unknown> = { properties: {}, context: {} };
  for (const [key, value] of Object.entries(event)) if (value !== null && value !== undefined) input[key] = value;
  return input as unknown as CelInput;
}

function isMissingField(result: CelResult): boolean {
  return isCelError(result) && /^(field not found|no such key)/.test(result.message);
}

function failureOf(result: CelResult): string {
  return isCelError(result) ? result.message : 'the expression gives no true or false';
}
