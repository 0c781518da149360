/** One signed request to S3, and its answer. The credentials are read from their files each time. */
import { createHash } from 'node:crypto';
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import type { S3Connection } from '../../model-store-connection.ts';
import { readCa, readOptional, readSecret } from '../secret-files.ts';

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Rejects with `BadConfig` for credentials that cannot be read, and with what the socket says. */
export type Send = (request: S3Request) => Promise<S3Answer>;

/** A socket on which nothing moves for so long is given up. */
const idleMs = 20_000;
const setting = 'LIKENESS_S3_CREDENTIALS';
const noBytes = new Uint8Array();

export function createSend(connection: S3Connection): { readonly send: Send; close(): void } {
  const agents = createAgents(connection);
  return {
    send: async (request) => {
      const { body = noBytes } = request;
      const signed = await sign(connection, request, body);
      return exchange(signed.url, { method: request.method, headers: signed.headers, body, agent: agents.current() });
    },
    close: () => agents.close(),
  };
}

/** The digest of the body is signed with it, so that the server refuses what the wire has changed. */
async function sign(connection: S3Connection, request: S3Request, body: Uint8Array) {
  const { credentials, region } = connection;
  const sessionToken = readOptional(join(credentials, 'session-token'));
  const signer = new AwsV4Signer({
    method: request.method,
    url: urlOf(connection, request),
    headers: { ...request.headers, 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') },
    accessKeyId: readSecret(join(credentials, 'access-key-id'), setting),
    secretAccessKey: readSecret(join(credentials, 'secret-access-key'), setting),
    ...(sessionToken !== undefined && { sessionToken }),
    service: 's3',
    region,
  });
  const { url, headers } = await signer.sign();
  return { url, headers: Object.fromEntries(headers) };
}

/** Of an object, or of the bucket itself. */
export function urlOf(
  { endpoint, bucket, pathStyle }: Pick<S3Connection, 'endpoint' | 'bucket' | 'pathStyle'>,
  { key, query = {} }: S3Request,
): string {
  const base = new URL(endpoint);
  if (!pathStyle) base.hostname = `${bucket}.${base.hostname}`;
  base.pathname = [...(pathStyle ? [bucket] : []), ...(key === undefined ? [] : [key])].join('/');
  for (const [name, value] of Object.entries(query)) base.searchParams.set(name, value);
  return base.href;
}

/** Keeps sockets open between requests; authorities that were exchanged begin new ones. */
function createAgents({ endpoint, ca }: S3Connection) {
  const isTls = endpoint.startsWith('https:');
  const make = (pem: string | undefined) =>
    isTls
      ? new TlsAgent({ keepAlive: true, ...(pem !== undefined && { ca: pem }) })
      : new PlainAgent({ keepAlive: true });
  let pem: string | undefined;
  let agent: PlainAgent | undefined;
  return {
    current: (): PlainAgent => {
      const now = isTls && ca !== undefined ? readCa({ file: ca }, 'LIKENESS_S3_CA') : undefined;
      if (agent && now === pem) return agent;
      agent?.destroy();
      pem = now;
      return (agent = make(now));
    },
    close: () => agent?.destroy(),
  };
}

interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly agent: PlainAgent;
}

function exchange(url: URL, { method, headers, body, agent }: Exchange): Promise<S3Answer> {
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const options = { method, agent, headers: { ...headers, 'content-length': String(body.byteLength) } };
    const asked: ClientRequest = request(url, options, (answer) => {
      collect(answer).then(resolve, reject);
    });
    asked.setTimeout(idleMs, () => asked.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
    asked.on('error', reject);
    asked.end(body);
  });
}

/** An answer that is cut short is an error: Node says so with `aborted`. */
async function collect(answer: IncomingMessage): Promise<S3Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks) };
}
