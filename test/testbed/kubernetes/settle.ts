/** Brings a control plane that has just started so far that tests can use it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { askApi, type ApiAccess } from './api-request.ts';
import { nodeManifest } from './nodes.ts';
import type { FakeNode } from './types.ts';

export interface AdminApi {
  readonly access: ApiAccess;
  readonly url: string;
}

interface NodeList {
  readonly items: readonly { readonly status: { readonly conditions?: readonly NodeCondition[] } }[];
}

interface NodeCondition {
  readonly type: string;
  readonly status: string;
}

const settleWithinMs = 180_000;

export async function createNodes({ access, url }: AdminApi, nodes: readonly FakeNode[]): Promise<void> {
  for (const node of nodes) {
    const { status, body } = await askApi(access, `${url}/api/v1/nodes`, nodeManifest(node));
    if (status !== 201) throw new Error(`The node ${node.name} was refused with ${status}: ${body}`);
  }
}

/** Until that many nodes are Ready, and pods can be made in the namespace `default`. */
export async function settled({ access, url }: AdminApi, nodes: number): Promise<void> {
  const account = `${url}/api/v1/namespaces/default/serviceaccounts/default`;
  await until('its nodes are Ready', async () => {
    const { items } = JSON.parse((await askApi(access, `${url}/api/v1/nodes`)).body) as NodeList;
    return items.filter(({ status }) => status.conditions?.some(isReady)).length >= nodes;
  });
  await until('the default ServiceAccount exists', async () => (await askApi(access, account)).status === 200);
}

function isReady({ type, status }: NodeCondition): boolean {
  return type === 'Ready' && status === 'True';
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + settleWithinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`The control plane did not come so far that ${what}.`);
    await sleep(50);
  }
}
