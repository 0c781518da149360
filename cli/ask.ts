/** `likeness profile` and `likeness recommend`: what a running pipeline says of one user. */
import { type ErrorCode, LikenessError } from '../services/shared/errors.ts';
import { parseBaseUrl } from './base-url.ts';
import type { Terminal } from './terminal.ts';

export interface AskOptions {
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly asOf?: string;
}

interface ProfileAnswer {
  readonly id: string;
  readonly attributes: Record<string, { readonly value: unknown; readonly time: string | null }>;
}

interface RecommendationAnswer {
  readonly items: readonly {
    readonly itemId: string;
    readonly score: number;
    readonly title?: string;
    readonly category?: string;
  }[];
  readonly model: { readonly name: string; readonly version: string };
  readonly personalised: boolean;
}

export async function runProfile(id: string, options: AskOptions, terminal: Terminal): Promise<number> {
  const answer = await ask<ProfileAnswer>(`/v1/profiles/${encodeURIComponent(id)}`, { asOf: options.asOf }, options);
  if (options.json) terminal.print(JSON.stringify(answer));
  else
    for (const [name, { value }] of Object.entries(answer.attributes))
      terminal.print(`${name.padEnd(18)} ${show(value)}`);
  return 0;
}

export async function runRecommend(
  id: string,
  options: AskOptions & { readonly n?: string },
  terminal: Terminal,
): Promise<number> {
  const query = { n: options.n, asOf: options.asOf };
  const answer = await ask<RecommendationAnswer>(`/v1/recommendations/${encodeURIComponent(id)}`, query, options);
  if (options.json) terminal.print(JSON.stringify(answer));
  else {
    for (const { itemId, score, title } of answer.items)
      terminal.print(`${itemId.padEnd(18)} ${score.toFixed(4)}  ${title ?? ''}`.trimEnd());
    terminal.note(
      `model ${answer.model.version}${answer.personalised ? '' : ' (popularity: nothing is known of this user)'}`,
    );
  }
  return 0;
}

/** Rejects with the service's own words, or with what to do if it cannot be reached. */
async function ask<T>(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  options: AskOptions,
): Promise<T> {
  const url = new URL(path, parseBaseUrl(options.url, '--url'));
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
  const response = await fetch(url, { headers }).catch((cause: unknown) => {
    throw new LikenessError('NotFound', `Nothing answers at ${options.url}. Is the pipeline up? (likeness up SPEC)`, {
      cause,
    });
  });
  const body = (await response.json().catch((cause: unknown) => {
    const what = `${options.url} answered ${response.status} with something that is not JSON`;
    throw new LikenessError('NotFound', `${what}. Is --url the address of the serving API?`, { cause });
  })) as T & { error?: { code: string; message: string } };
  if (response.ok) return body;
  const { code, message } = body.error ?? { code: String(response.status), message: response.statusText };
  const known = spokenCodes.find((spoken) => spoken === code);
  const retryable = response.status >= 500;
  throw new LikenessError(known ?? 'NotFound', known ? message : `${code}: ${message}`, { retryable });
}

/** Codes of the API that mean the same here. */
const spokenCodes = [
  'AsOfBeforeState',
  'DefinitionChanged',
  'NotFound',
  'StoreUnavailable',
  'Unauthenticated',
] as const satisfies readonly ErrorCode[];

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
