/** The operator as a process of its own, reaching its API server through a proxy: started, killed, started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface OperatorSettings {
  /** Of the proxy. */
  readonly url: string;
  /** Also that of its lease. */
  readonly namespace: string;
  /** Of its kubeconfig and its log. */
  readonly folder: string;
  /** LIKENESS_DEFAULTS. */
  readonly defaults: object;
}

/** What runs as the operator; a test of the chaos itself gives another tree. */
const script = join(import.meta.dirname, '../../../operator/main.ts');

/** None outlives this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class OperatorProcess {
  readonly #settings: OperatorSettings;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #ended: string | undefined;

  constructor(settings: OperatorSettings) {
    const { folder, namespace } = settings;
    this.#settings = settings;
    this.#logFile = join(folder, `${namespace}.log`);
    this.#env = environmentOf(settings);
  }

  /** How it ended without being told to. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Of every process so far. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  start(): void {
    const log = openSync(this.#logFile, 'a');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      env: this.#env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    running.add(child);
    this.#gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        running.delete(child);
        if (this.#child === child) this.#ended = `the operator ended with ${code ?? signal}`;
        resolve();
      });
    });
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** How many processes have begun to reconcile so far. */
  get beginnings(): number {
    return this.log.split('"msg":"reconciling"').length - 1;
  }

  get namespace(): string {
    return this.#settings.namespace;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill(signal);
    await this.#gone;
  }
}

function environmentOf({ url, namespace, folder, defaults }: OperatorSettings): Record<string, string> {
  const kubeconfig = join(folder, `${namespace}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'operator', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'operator' } }],
    'current-context': 'proxy',
  };
  writeFileSync(kubeconfig, stringify(config));
  return {
    KUBECONFIG: kubeconfig,
    // Starting is what costs.
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    LIKENESS_IMAGE: 'likeness:test',
    LIKENESS_VERSION: '0.1.0',
    LIKENESS_NAMESPACES: namespace,
    LIKENESS_LEASE_NAMESPACE: namespace,
    // The one that follows a killed one takes its lease over at once, so that a long one costs nothing: on a machine
    // that is busy with other work a short one would be lost.
    LIKENESS_IDENTITY: 'operator-0',
    LIKENESS_LEASE_SECONDS: '30',
    LIKENESS_DEFAULTS: JSON.stringify(defaults),
    LIKENESS_REFRESH_SECONDS: '1',
    LIKENESS_HOST: '127.0.0.1',
    LIKENESS_PORT: '0',
    LIKENESS_LOG_LEVEL: 'debug',
  };
}
