import { createHash } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { pageScript } from './page-script.ts';
import { pageSecurityPolicy, renderPage } from './page.ts';

/** The little of a document that the script needs; text can only come in as text. */
class Node {
  readonly name: string;
  children: (Node | string)[] = [];
  attributes: Record<string, string> = {};
  listeners: Record<string, (event: unknown) => void> = {};
  value = '';
  checked = false;
  hidden = true;

  constructor(name: string) {
    this.name = name;
  }
  append(...children: (Node | string)[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: (Node | string)[]): void {
    this.children = children;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.listeners[type] = listener;
  }
  set textContent(text: string) {
    this.children = [text];
  }
  get text(): string {
    return this.children.map((child) => (typeof child === 'string' ? child : child.text)).join(' ');
  }
  find(name: string): Node[] {
    const nodes = this.children.filter((child) => child instanceof Node);
    return nodes.flatMap((child) => [...(child.name === name ? [child] : []), ...child.find(name)]);
  }
}

/** Runs the page's script on answers by path; resolves when it has nothing left to do. */
async function open(search: string, answers: Record<string, { status?: number; body: unknown }>) {
  const byId = new Map<string, Node>();
  const asked: [string, unknown][] = [];
  const getElementById = (id: string) => {
    if (!byId.has(id)) byId.set(id, new Node(id));
    return byId.get(id)!;
  };
  const fetch = async (path: string, options: unknown) => {
    asked.push([path, options]);
    const { status = 200, body } = answers[path] ?? {
      status: 404,
      body: { error: { code: 'NotFound', message: 'no' } },
    };
    return { ok: status === 200, status, json: async () => body };
  };
  const context = {
    document: { getElementById, createElement: (name: string) => new Node(name) },
    location: { search },
    history: { replaceState: () => undefined },
    fetch,
    URLSearchParams,
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  };
  runInContext(pageScript, createContext(context));
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  await settle();
  return { node: getElementById, asked, settle };
}

const hostile = '<img src=x onerror=alert(1)>';
const attribute = (value: unknown, time = '2026-01-10T11:00:00.000Z') => ({
  value,
  time,
  provenance: { definition: 'd', events: 2, newest: { time, id: hostile } },
});
const profile = (asOf: string, attributes: object) => ({ body: { id: 'u-1', asOf, attributes } });
const model = { name: 'next-item', kind: 'sr', version: 'sr-1', generation: 1, trainedAt: 'x', ageSeconds: 7200 };

describe('the page', () => {
  it('has nothing from elsewhere, and a policy that lets only its own script and style run', () => {
    const html = renderPage('shop');
    expect(html).not.toMatch(/https?:|src=|@import|url\(/);
    for (const [tag, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ] as const) {
      const parts = [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(([, text]) => text!);
      expect(parts).toHaveLength(1);
      const hash = createHash('sha256').update(parts[0]!).digest('base64');
      expect(pageSecurityPolicy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(pageSecurityPolicy).toContain("default-src 'none'");
    expect(pageSecurityPolicy).not.toContain('unsafe');
    expect(html).not.toMatch(/ on\w+=| style=/);
  });

  it('escapes the name of the pipeline, and labels each field', () => {
    const html = renderPage(`<b>"'&`);
    expect(html).toContain('<title>&lt;b&gt;&quot;&#39;&amp; · Likeness</title>');
    expect(html).not.toContain('<b>');
    for (const [input] of html.matchAll(/<input [^>]*>/g)) {
      const before = html.slice(0, html.indexOf(input));
      expect(before.lastIndexOf('<label')).toBeGreaterThan(before.lastIndexOf('</label>'));
    }
  });

  it('never makes markup out of data', () => {
    expect(pageScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function\(/);
  });

  it('shows a profile and its recommendations', async () => {
    const { node } = await open('?id=u-1', {
      '/v1/profiles/u-1': profile('2026-01-10T12:00:00.000Z', {
        spend30d: attribute(12.5),
        history: attribute([{ itemId: hostile, type: 'view', time: '2026-01-10T11:00:00.000Z' }]),
        interests: attribute([{ value: 'mugs', score: 2.5 }]),
        nothing: attribute(null),
      }),
      '/v1/recommendations/u-1': {
        body: { items: [{ itemId: 'bag', score: 0.5, title: hostile }], model, personalised: true, requestId: 'r' },
      },
    });
    expect(node('answers').hidden).toBe(false);
    expect(
      node('profile')
        .find('th')
        .map(({ text }) => text),
    ).toEqual(['spend30d', 'history', 'interests', 'nothing']);
    const [spend, history, interests, nothing] = node('profile')
      .find('td')
      .map(({ text }) => text);
    expect([spend, nothing]).toEqual(['12.5', '–']);
    expect(history).toContain(hostile);
    expect(interests).toContain('mugs 2.5');
    expect(node('recommendations').text).toContain(hostile);
    expect(node('recommendations').find('img')).toEqual([]);
    expect(node('recommendations-note').text).toContain('sr-1, 2 h old');
  });

  it('shows an old profile as of its newest event, unless told otherwise', async () => {
    const answers = {
      '/v1/profiles/u-1': profile('2026-01-10T12:00:00.000Z', { spend30d: attribute(0, '2011-12-09T12:50:00.000Z') }),
      '/v1/profiles/u-1?asOf=2011-12-09T12%3A50%3A00.000Z': profile('2011-12-09T12:50:00.000Z', {
        spend30d: attribute(77, '2011-12-09T12:50:00.000Z'),
      }),
    };
    const { node, settle } = await open('?id=u-1', answers);
    expect(node('profile').find('td')[0]!.text).toBe('77');
    expect(node('profile-note').text).toContain('newest event');
    node('now').checked = true;
    node('now').listeners['change']!({});
    await settle();
    expect(node('profile').find('td')[0]!.text).toBe('0');
  });

  it('says what is wrong, and asks for a token where one is needed', async () => {
    const refused = { status: 401, body: { error: { code: 'Unauthenticated', message: 'Send a token.' } } };
    const { node, asked, settle } = await open('?id=a%2Fb', {
      '/v1/profiles/a%2Fb': refused,
      '/v1/recommendations/a%2Fb': refused,
    });
    expect(node('status').text).toBe('Send a token.');
    expect(node('answers').hidden).toBe(true);
    expect(node('token-label').hidden).toBe(false);
    node('token').value = 'abc';
    node('ask').listeners['submit']!({ preventDefault: () => undefined });
    await settle();
    expect(asked.at(-1)![1]).toEqual({ headers: { authorization: 'Bearer abc' } });
  });
});
