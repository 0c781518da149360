/** The one call of an API server that ingest makes: it patches its report. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LogState } from '../../services/ingest/log-report.ts';
import { createAuthority } from '../testbed/authority.ts';

export interface ReportServer {
  /** For the process that reports. */
  readonly env: Readonly<Record<string, string>>;
  /** What was told, in its order. */
  readonly told: (LogState & { readonly pod: string })[];
  /** Answers 503 until it is set back. */
  refusing: boolean;
  stop(): Promise<void>;
}

const pod = 'shop-ingest-0';
const path = '/api/v1/namespaces/default/configmaps/shop-ingest-report';

export async function startReportServer(folder: string): Promise<ReportServer> {
  const authority = await createAuthority(join(folder, 'authority'));
  const account = join(folder, 'account');
  mkdirSync(account);
  writeFileSync(join(account, 'ca.crt'), readFileSync(authority.ca));
  writeFileSync(join(account, 'token'), 'the-token');
  const told: ReportServer['told'] = [];
  const files = { cert: readFileSync(authority.cert), key: readFileSync(authority.key) };
  const server = createServer(files, (request, response) => {
    void text(request).then((body) => {
      const isOurs =
        request.method === 'PATCH' && request.url === path && request.headers.authorization === 'Bearer the-token';
      response.statusCode = isOurs ? (state.refusing ? 503 : 200) : 403;
      if (response.statusCode === 200) {
        const { data } = JSON.parse(body) as { data: Record<string, string> };
        told.push(JSON.parse(data[pod]!) as LogState & { pod: string });
      }
      response.end('{}');
    });
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  const state: ReportServer = {
    env: {
      LIKENESS_REPORT: 'shop-ingest-report',
      LIKENESS_REPORT_TOKEN: account,
      LIKENESS_POD: pod,
      LIKENESS_POD_UID: 'uid-of-pod',
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
    },
    told,
    refusing: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}
