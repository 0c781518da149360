/** Conditions in CEL: what can be said against one before it meets an event. */
import { celEnv, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';

const eventFields = [
  'id',
  'type',
  'time',
  'userId',
  'anonymousId',
  'previousId',
  'itemId',
  'value',
  'quantity',
  'text',
  'item',
  'properties',
  'context',
  'ingestedAt',
  'receivedAt',
];
const itemFields = ['category', 'brand', 'title', 'price', 'available'];

const env = celEnv();
type Expr = ReturnType<typeof parse>['expr'];

/** What is wrong with a condition over `event`, in a sentence; undefined if nothing is. */
export function conditionError(text: string): string | undefined {
  let expression;
  try {
    expression = parse(text);
  } catch (error) {
    return `a CEL expression: ${error instanceof Error ? error.message : String(error)}`;
  }
  return firstError(expression.expr, new Set(['event'])) ?? resultError(expression);
}

/** An event that has everything: what fails on it fails on all. */
const fullEvent: CelInput = {
  ...Object.fromEntries(eventFields.map((field) => [field, 'x'])),
  value: 1,
  quantity: 1,
  item: { category: 'x', brand: 'x', title: 'x', price: 1, available: true },
  properties: {},
  context: {},
};

function resultError(expression: ReturnType<typeof parse>): string | undefined {
  const result = plan(env, expression)({ event: fullEvent });
  return typeof result === 'boolean' || isCelError(result) ? undefined : 'an expression that is true or false';
}

function firstError(expr: Expr | undefined, known: ReadonlySet<string>): string | undefined {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case 'identExpr':
      return nameError(kind.value.name, known);
    case 'selectExpr':
      return fieldError(kind.value.operand, kind.value.field) ?? firstError(kind.value.operand, known);
    case 'callExpr':
      return callError(kind.value, known);
    case 'listExpr':
      return firstOf(kind.value.elements, known);
    case 'structExpr':
      return firstOf(
        kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
        known,
      );
    case 'comprehensionExpr': {
      const { accuVar, iterVar, iterVar2, iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      const inside = new Set([...known, accuVar, iterVar, iterVar2]);
      return firstOf([iterRange, accuInit], known) ?? firstOf([loopCondition, loopStep, result], inside);
    }
    default:
      return undefined;
  }
}

function firstOf(exprs: readonly (Expr | undefined)[], known: ReadonlySet<string>): string | undefined {
  for (const expr of exprs) {
    const error = firstError(expr, known);
    if (error !== undefined) return error;
  }
  return undefined;
}

function nameError(name: string, known: ReadonlySet<string>): string | undefined {
  if (known.has(name) || typeNames.has(name)) return undefined;
  return `a CEL expression over event; there is no ${name}`;
}

const typeNames: ReadonlySet<string> = new Set('int uint double bool string bytes list map null_type type'.split(' '));

function fieldError(operand: Expr | undefined, field: string): string | undefined {
  const fields = fieldsOf(operand);
  if (fields === undefined || fields.includes(field)) return undefined;
  return `a CEL expression over event; it has no ${field}, only ${fields.join(', ')}`;
}

/** The fields that an event, or its item, can have; undefined where anything goes. */
function fieldsOf(expr: Expr | undefined): readonly string[] | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === 'identExpr' && kind.value.name === 'event') return eventFields;
  if (kind?.case !== 'selectExpr' || kind.value.field !== 'item') return undefined;
  return fieldsOf(kind.value.operand) === eventFields ? itemFields : undefined;
}

interface Call {
  readonly function: string;
  readonly target?: Expr | undefined;
  readonly args: readonly Expr[];
}

function callError(call: Call, known: ReadonlySet<string>): string | undefined {
  const named = /^[a-zA-Z]/.test(call.function);
  if (named && env.funcs.find(call.function) === undefined)
    return `a CEL expression over event; there is no function ${call.function}`;
  return patternError(call) ?? firstOf([call.target, ...call.args], known);
}

function patternError(call: Call): string | undefined {
  if (call.function !== 'matches') return undefined;
  const pattern = call.args.at(-1)?.exprKind;
  if (pattern?.case !== 'constExpr' || pattern.value.constantKind.case !== 'stringValue') return undefined;
  const result = plan(env, parse('"".matches(pattern)'))({ pattern: pattern.value.constantKind.value });
  return isCelError(result) ? `a CEL expression whose pattern is RE2: ${result.message}` : undefined;
}
