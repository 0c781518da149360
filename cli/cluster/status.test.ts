/** `likeness status` against a server that answers as an API server does: results, errors and what they advise. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../services/shared/errors.ts';
import { runStatus } from './status.ts';

const folder = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly body: object;
}

let server: Server;
/** By path; whatever is not there is a path that the server does not know. */
let answers: Record<string, Answer>;
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url!));
    const { code, body } = answers[request.url!.split('?')[0]!] ?? unknownPath;
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());
beforeEach(() => {
  answers = {};
  asked = [];
});

const failure = (code: number, reason: string, message: string): Answer => ({
  code,
  body: { kind: 'Status', status: 'Failure', code, reason, message },
});
const unknownPath = failure(404, 'NotFound', 'the server could not find the requested resource');

const pipelines = '/apis/likeness.dev/v1alpha1/namespaces/shops/profilepipelines';
const events = '/apis/events.k8s.io/v1/namespaces/shops/events';
const status = { observedGeneration: 1, conditions: [] };
const pipeline = { metadata: { name: 'shop', namespace: 'shops', uid: 'u-1', generation: 1 }, status };

function kubeconfig(url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`): string {
  const path = join(folder, 'kubeconfig');
  const config = {
    clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'shops' } }],
    'current-context': 'here',
  };
  writeFileSync(path, stringify(config));
  return path;
}

async function run(options: { context?: string; namespace?: string; json?: boolean; kubeconfig?: string } = {}) {
  const printed: string[] = [];
  const notes: string[] = [];
  const terminal = {
    print: (line: string) => void printed.push(line),
    note: (line: string) => void notes.push(line),
    status: () => undefined,
  };
  const now = Date.parse('2026-11-24T10:00:00Z');
  const code = await runStatus(
    'shop',
    { version: '9.0.0', now, ...options, kubeconfig: options.kubeconfig ?? kubeconfig() },
    terminal,
  );
  return { code, text: printed.join('\n'), notes };
}

/** `Code 64: message` */
async function problem(options: Parameters<typeof run>[0] = {}): Promise<string> {
  try {
    await run(options);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code} ${exitCodeOf(error)}: ${message}`;
  }
  throw new Error('it went well');
}

describe('a pipeline that is there', () => {
  beforeEach(() => {
    answers[`${pipelines}/shop`] = { code: 200, body: pipeline };
    answers[events] = {
      code: 200,
      body: {
        metadata: {},
        items: [{ metadata: {}, type: 'Normal', reason: 'Ready', eventTime: '2026-11-24T09:00:00Z' }],
      },
    };
  });

  it('is shown with its own events, from the namespace of the context', async () => {
    const { code, text } = await run();
    expect(code).toBe(0);
    expect(text).toContain('shop in shops: not seen by an operator');
    expect(text).toContain('60m  Normal Ready');
    expect(asked[1]).toContain('fieldSelector=regarding.kind=ProfilePipeline,regarding.name=shop,regarding.uid=u-1');
  });

  it('is its status alone as JSON', async () => {
    const { text } = await run({ json: true });
    expect(JSON.parse(text)).toEqual(status);
    expect(asked).toHaveLength(1);
  });

  it('is shown without events where these may not be seen', async () => {
    answers[events] = failure(403, 'Forbidden', 'events is forbidden');
    const { text, notes } = await run();
    expect(text).toContain('none in the last hour');
    expect(notes.join()).toContain('events is forbidden');
  });

  it('is looked for in the namespace that is asked for', async () => {
    answers['/apis/likeness.dev/v1alpha1/namespaces/other/profilepipelines/shop'] = { code: 200, body: pipeline };
    await run({ namespace: 'other', json: true });
    expect(asked).toEqual(['/apis/likeness.dev/v1alpha1/namespaces/other/profilepipelines/shop']);
  });
});

describe('what it says when it cannot', () => {
  const notThere = failure(404, 'NotFound', 'profilepipelines.likeness.dev "shop" not found');
  const list = (...names: string[]): Answer => ({
    code: 200,
    body: { metadata: {}, items: names.map((name) => ({ metadata: { name } })) },
  });

  it('names the pipelines that there are', async () => {
    answers[`${pipelines}/shop`] = notThere;
    answers[pipelines] = list('bank', 'school');
    expect(await problem()).toBe(
      'NotFound 1: There is no pipeline shop in the namespace shops; there are: bank, school.',
    );
  });

  it('leads to other namespaces where there is none', async () => {
    answers[`${pipelines}/shop`] = notThere;
    answers[pipelines] = list();
    expect(await problem()).toMatch(/in the namespace shops\. Name another namespace with -n; kubectl get ppl -A/);
  });

  it('tells a cluster without Likeness from one without the pipeline', async () => {
    expect(await problem()).toMatch(
      /^BadConfig 64: .* does not know the kind ProfilePipeline\. Install Likeness there/,
    );
  });

  it('tells who is unknown from who may not', async () => {
    answers[`${pipelines}/shop`] = failure(401, 'Unauthorized', 'Unauthorized');
    expect(await problem()).toMatch(/^Unauthenticated 1: http.*\(context here\) does not know you: log in again/);
    answers[`${pipelines}/shop`] = failure(403, 'Forbidden', 'User "jane" cannot get resource');
    expect(await problem()).toMatch(/^Unauthenticated 1: You may not do this on .*User "jane" cannot get resource/);
  });

  it('says of a cluster that does not answer which one was meant, and that trying again can help', async () => {
    expect(await problem({ kubeconfig: kubeconfig('http://127.0.0.1:1') })).toMatch(
      /^ClusterUnavailable 69: http:\/\/127\.0\.0\.1:1 \(context here\) does not answer: .*ECONNREFUSED.*kubectl config/,
    );
    answers[`${pipelines}/shop`] = failure(500, 'InternalError', 'etcd is gone');
    expect(await problem()).toMatch(/^ClusterUnavailable 69: .*etcd is gone/);
  });

  it('names contexts and files that are not there', async () => {
    expect(await problem({ context: 'there' })).toBe('Usage 2: There is no context there; there are: here.');
    expect(await problem({ kubeconfig: join(folder, 'nothing') })).toMatch(
      /^Usage 2: The kubeconfig cannot be read: ENOENT/,
    );
  });
});
