/** The ingest process: environment, broker, report, signals. */
import type { Logger } from 'pino';
import { patchData } from '../shared/adapters/config-map-report.ts';
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { markFile } from '../shared/adapters/mark-file.ts';
import { runService } from '../shared/adapters/process.ts';
import { type IngestConfig, parseConfig } from './config.ts';
import { lateBroker } from './late-broker.ts';
import { createLogReport } from './log-report.ts';
import { start } from './service.ts';

/** In a cluster, with a log: the operator neither removes this pod nor its volume before the log is empty. */
function logReportOf({ report, log }: IngestConfig, logger: Logger) {
  if (report === undefined || log === undefined) return undefined;
  const { pod, podUid } = report;
  return createLogReport({
    send: (state) => patchData(report, { [pod]: JSON.stringify({ ...state, pod: podUid }) }),
    mark: markFile(`${log.folder}.open`),
    onFailure: (error) => logger.warn({ code: 'ReportFailed', error }, 'the state of the log is not told'),
  });
}

await runService({
  name: 'ingest',
  env: process.env,
  parseConfig,
  start: (config, deps) => {
    const connect = () => connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.ingest` });
    // With a write-ahead log ingest works while Kafka is away, also when it starts.
    const broker = lateBroker(connect, deps.onFatal);
    deps.onStop(() => broker.close());
    const logReport = logReportOf(config, deps.telemetry.logger);
    return start(config, { ...deps, broker, logReport });
  },
});
