/** Where verdicts of drift are told: on one machine a file, in a cluster a ConfigMap that this pod may patch and nothing else. */
import { rename, writeFile } from 'node:fs/promises';
import type { DriftReport } from '../learning/drift/verdict.ts';
import { patchData, type ReportTarget } from './config-map-report.ts';

export interface DriftReportPlaces {
  readonly file?: string;
  readonly report?: ReportTarget;
}

/** Rejects as the file or the API server does; `report` holds the newest verdict by itself, for whoever needs no other. */
export function sendDriftReport({ file, report }: DriftReportPlaces): (told: DriftReport) => Promise<void> {
  return async (told) => {
    const text = JSON.stringify(told);
    if (file !== undefined) {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    }
    const newest = told.verdicts.at(-1);
    if (report !== undefined)
      await patchData(report, { report: text, ...(newest && { verdict: JSON.stringify(newest) }) });
  };
}
