/** The reference page of the ProfilePipeline: every field, and every rule between fields. Pure. */
import { celKey, type TransitionRule } from './rules.ts';
import { allowedKey } from './scalars.ts';
import { pipelineNode, statusNode, type SchemaNode } from './schema-node.ts';

interface Field {
  readonly path: string;
  readonly node: SchemaNode;
  readonly required: boolean;
}

export function referencePage(): string {
  const fields = fieldsBelow('', pipelineNode('openapi-3.0'));
  return [
    '# ProfilePipeline',
    '',
    'Generated from `crds/` by `npm run generate`. `likeness.dev/v1alpha1`, kind `ProfilePipeline`, short name `ppl`.',
    'Check a file with `likeness validate FILE`; see it with its preset merged in with `--effective`.',
    '',
    '## Fields',
    '',
    '`[]` stands for the entries of a list. **Required** fields have no default.',
    '',
    '| field | type | default | what it is |',
    '|---|---|---|---|',
    ...fields.map(fieldRow),
    '',
    '## Rules',
    '',
    'The API server and `likeness validate` refuse a pipeline that breaks one, in these words.',
    '',
    '| field | what is allowed | CEL |',
    '|---|---|---|',
    ...fields.flatMap(ruleRows),
    '',
    '## Status',
    '',
    'Written by the operator in a cluster; `kubectl explain profilepipeline.status` says the same.',
    '',
    '| field | type | what it is |',
    '|---|---|---|',
    ...fieldsBelow('status', statusNode()).map(statusRow),
    '',
  ].join('\n');
}

function fieldsBelow(path: string, node: SchemaNode): Field[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const list = child.items !== undefined;
    const here = `${path === '' ? '' : `${path}.`}${key}${list ? '[]' : ''}`;
    const required = node.required?.includes(key) ?? false;
    return [{ path: here, node: child, required }, ...fieldsBelow(here, child.items ?? child)];
  });
}

function fieldRow({ path, node, required }: Field): string {
  const byDefault = node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
  return row([`\`${path}\``, typeText(node), required ? '**required**' : byDefault, node.description ?? '']);
}

function statusRow({ path, node }: Field): string {
  return row([`\`${path}\``, typeText(node), node.description ?? '']);
}

function typeText(node: SchemaNode): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.items) return listText(node.items, node.maxItems);
  if (node.type === 'integer') return wholeText(node);
  if (node.type === 'boolean') return 'true or false';
  return node.type === 'string' ? stringText(node) : (node.type ?? '');
}

function listText(items: SchemaNode, most: number | undefined): string {
  return `list of at most ${most}${items.type === 'object' ? '' : `: ${typeText(items)}`}`;
}

/** Bounds that are the machine's say nothing. */
function wholeText({ minimum, maximum }: SchemaNode): string {
  return minimum === 0 && maximum! >= 2 ** 31 - 1 ? 'whole number' : `whole number, ${minimum} to ${maximum}`;
}

function stringText(node: SchemaNode): string {
  if (node.format === 'date-time') return 'time';
  const allowed = node[allowedKey];
  return typeof allowed === 'string' ? allowed : `text, at most ${node.maxLength} characters`;
}

/** The rules of a list's entries stand in its row. */
function ruleRows({ path, node }: Field): string[] {
  return [node, node.items].flatMap((ruled) => {
    const rules = ruled?.[celKey];
    if (!Array.isArray(rules)) return [];
    return (rules as TransitionRule[]).map(({ rule, message }) => row([`\`${path}\``, message, `\`${rule}\``]));
  });
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
