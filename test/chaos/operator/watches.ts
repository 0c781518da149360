/** The watches that run through the proxy: passed on as they come, held back, ended with 410, or begun long ago. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { targetOf } from './writes.ts';

interface Watch {
  readonly plural: string;
  readonly from: IncomingMessage;
  readonly to: ServerResponse;
  readonly held: Buffer[];
}

const expired = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version',
    reason: 'Expired',
    code: 410,
  },
};

export class Watches {
  readonly #open = new Set<Watch>();
  /** Plurals of what is held back now. */
  readonly #silent = new Set<string>();
  /** Where the next watch of a plural begins instead of where it asks to. */
  readonly #replays = new Map<string, string>();
  #calm: Promise<void> = Promise.resolve();

  /** The URL to ask the server for, once a watch is asked for by this one. */
  rewritten(url: string): string {
    const { plural } = targetOf(url);
    const version = this.#replays.get(plural);
    if (version === undefined) return url;
    this.#replays.delete(plural);
    return url.replace(/resourceVersion=\d+/, `resourceVersion=${version}`);
  }

  relay(url: string, from: IncomingMessage, to: ServerResponse): void {
    const watch: Watch = { plural: targetOf(url).plural, from, to, held: [] };
    this.#open.add(watch);
    from.on('data', (chunk: Buffer) => {
      if (this.#silent.has(watch.plural)) watch.held.push(chunk);
      else to.write(chunk);
    });
    const end = () => {
      this.#open.delete(watch);
      from.destroy();
      to.end();
    };
    from.once('close', end);
    from.once('error', end);
    to.once('close', end);
  }

  /** Resolves when nothing is held back. */
  get calm(): Promise<void> {
    return this.#calm;
  }

  /** What it was to say in these milliseconds it says afterwards. */
  silence(plural: string, ms: number): void {
    this.#silent.add(plural);
    this.#calm = sleep(ms).then(() => {
      this.#silent.delete(plural);
      for (const { to, held } of this.#of(plural)) for (const chunk of held.splice(0)) to.write(chunk);
    });
  }

  expire(plural: string): void {
    for (const { from, to } of this.#of(plural)) {
      to.end(`${JSON.stringify(expired)}\n`);
      from.destroy();
    }
  }

  /** The next watch of it tells again what has happened since that resource version. */
  replay(plural: string, version: string): void {
    this.#replays.set(plural, version);
    for (const { from, to } of this.#of(plural)) {
      to.end();
      from.destroy();
    }
  }

  #of(plural: string): Watch[] {
    return [...this.#open].filter((watch) => watch.plural === plural);
  }
}
