/** What feature has told of drift on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { readReport, type DriftReport } from '../../services/shared/learning/drift/verdict.ts';

/** undefined: there is none, or what is there is no report. */
export function driftReportIn(file: string): DriftReport | undefined {
  return existsSync(file) ? readReport(readFileSync(file, 'utf8')) : undefined;
}
