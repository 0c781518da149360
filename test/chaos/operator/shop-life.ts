/** One pipeline in a namespace of its own, with an operator behind a proxy, led through its scenarios. */
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceOf } from '../../kubernetes/operator/restricted-namespace.ts';
import type { OperatorBed } from './bed.ts';
import type { Case, Scenario } from './faults.ts';
import { OperatorProcess } from './operator-process.ts';
import { FaultProxy } from './proxy.ts';
import { pipelineAt, steps, until, type Place } from './scenarios.ts';
import { differences, pipelinePath, snapshotOf } from './snapshot.ts';

/** What a scenario brought about. */
export interface Played {
  readonly snapshot: readonly string[];
  /** Names of the operator's writes, in their order. */
  readonly writes: readonly string[];
  /** The write came that the fault was for. */
  readonly isReached: boolean;
  /** What is not as it should be; empty where all is well. */
  readonly problems: readonly string[];
}

/** For machines that are busy with other work. */
const patienceMs = 120_000;
/** Longer than between two passes over a pipeline at rest. */
const quietMs = 1600;
const loudMs = 60_000;

export class ShopLife {
  readonly #bed: OperatorBed;
  readonly #namespace: string;
  readonly #proxy: FaultProxy;
  readonly #operator: OperatorProcess;

  private constructor(bed: OperatorBed, namespace: string, proxy: FaultProxy) {
    const { folder, defaults } = bed;
    this.#bed = bed;
    this.#namespace = namespace;
    this.#proxy = proxy;
    this.#operator = new OperatorProcess({ url: proxy.url, namespace, folder, defaults });
  }

  static async begin(bed: OperatorBed, namespace: string): Promise<ShopLife> {
    const [restricted, volume] = namespaceOf(namespace);
    await bed.client.create('/api/v1/namespaces', restricted!);
    await bed.client.create('/api/v1/persistentvolumes', volume!);
    return new ShopLife(bed, namespace, await FaultProxy.start(bed.cluster));
  }

  /** Without `wanted` it is at its end when it says so; else when everything is as wanted. */
  async play(scenario: Scenario, hit?: Case, wanted?: readonly string[]): Promise<Played> {
    const place = { bed: this.#bed, namespace: this.#namespace, signal: AbortSignal.timeout(patienceMs) };
    const { prepare, isPrepared, act, isDone } = steps[scenario];
    try {
      if (prepare) await prepare(place);
      if (isPrepared) await until(place, async () => isPrepared((await pipelineAt(place))!));
      if (prepare) await this.#quiet();
      await this.#arm(hit);
      if (scenario === 'create') this.#operator.start();
      await act(place);
      await until(place, async () => (await isDone(place, await pipelineAt(place))) && this.#isAsWanted(wanted));
    } catch (error) {
      if (!place.signal.aborted) throw error;
    }
    return this.#judge(scenario, { place, hit, wanted });
  }

  async end(): Promise<void> {
    const { client, admin } = this.#bed;
    await this.#operator.kill();
    await this.#proxy.stop();
    await client.patch(pipelinePath(this.#namespace), { metadata: { finalizers: [] } });
    await client.remove(`/api/v1/namespaces/${this.#namespace}`);
    await client.remove(`/api/v1/persistentvolumes/models-${this.#namespace}`);
    const topics = await this.#topics();
    if (topics.length > 0) await admin.deleteTopics({ topics });
  }

  async #arm(hit: Case | undefined): Promise<void> {
    const kill = async () => {
      await this.#operator.kill();
      this.#operator.start();
    };
    const { metadata } = (await this.#bed.client.get<{ metadata: { resourceVersion: string } }>(
      `/api/v1/namespaces/${this.#namespace}/configmaps`,
    ))!;
    this.#proxy.begin(hit && { hit, kill, began: metadata.resourceVersion });
  }

  async #isAsWanted(wanted: readonly string[] | undefined): Promise<boolean> {
    return wanted === undefined || differences(wanted, await this.#snapshot()).length === 0;
  }

  async #judge(
    scenario: Scenario,
    { place, hit, wanted }: { readonly place: Place; readonly hit?: Case; readonly wanted?: readonly string[] },
  ): Promise<Played> {
    const isReached = hit === undefined || !this.#proxy.isArmed;
    const problems = [...(await this.#quiet()), ...(await this.#whatIsWrong(scenario, place, wanted))];
    const writes = this.#proxy.writes.map(({ name }) => name);
    const snapshot = await this.#snapshot();
    if (this.#operator.ended !== undefined) problems.push(this.#operator.ended);
    return { snapshot, writes, isReached, problems };
  }

  async #whatIsWrong(scenario: Scenario, place: Place, wanted: readonly string[] | undefined): Promise<string[]> {
    const wrong = wanted === undefined ? [] : differences(wanted, await this.#snapshot());
    const pipeline = await pipelineAt(place);
    if (!(await steps[scenario].isDone(place, pipeline)))
      wrong.push(`${scenario} did not come to its end: ${JSON.stringify(pipeline?.status)}`);
    if (scenario === 'delete') wrong.push(...(await this.#topics()).map((topic) => `left behind: topic ${topic}`));
    return wrong;
  }

  /** Nothing is written any more, over passes of one process over the pipeline. */
  async #quiet(): Promise<string[]> {
    await this.#proxy.calm;
    const deadline = Date.now() + loudMs;
    for (let count = -1; count !== this.#proxy.writes.length; await sleep(quietMs)) {
      if (Date.now() > deadline) return [`does not come to rest: ${this.#lastWrites()}`];
      count = this.#proxy.writes.length;
    }
    return [];
  }

  /** What a new process writes, which is to be nothing. */
  async restart(): Promise<string[]> {
    await this.#operator.stop();
    this.#proxy.begin();
    const before = this.#operator.beginnings;
    this.#operator.start();
    const deadline = Date.now() + loudMs;
    while (this.#operator.beginnings === before) {
      if (Date.now() > deadline) return ['a new operator did not begin to reconcile'];
      await sleep(50);
    }
    await sleep(quietMs);
    return this.#proxy.writes.length === 0 ? [] : [`a new operator wrote: ${this.#lastWrites()}`];
  }

  #lastWrites(): string {
    return this.#proxy.writes
      .slice(-5)
      .map(({ name, status }) => `${name} ${status}`)
      .join(', ');
  }

  #snapshot(): Promise<string[]> {
    return snapshotOf(this.#bed.client, this.#namespace);
  }

  async #topics(): Promise<string[]> {
    return (await this.#bed.admin.listTopics()).filter((name) => name.startsWith(`${this.#namespace}.`));
  }
}
