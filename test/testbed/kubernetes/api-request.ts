/** One HTTPS request with a client certificate, for what the testbed itself asks of the control plane. */
import { request } from 'node:https';

export interface ApiAccess {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ApiReply {
  readonly status: number;
  readonly body: string;
}

const timeoutMs = 10_000;

/** Rejects when nobody answers. */
export function askApi(access: ApiAccess, url: string, body?: object): Promise<ApiReply> {
  const text = body && JSON.stringify(body);
  const options = {
    ...access,
    agent: false,
    method: text ? 'POST' : 'GET',
    headers: text ? { 'content-type': 'application/json' } : {},
    timeout: timeoutMs,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    call.once('timeout', () => call.destroy(new Error(`${url} did not answer in ${timeoutMs} ms.`)));
    call.once('error', reject);
    call.end(text);
  });
}

/** Whether it answers 200; nobody there is a no. */
export async function isHealthy(access: ApiAccess, url: string): Promise<boolean> {
  try {
    return (await askApi(access, url)).status === 200;
  } catch {
    return false;
  }
}
