/** What a pod of ingest says of its log, read from the report that all of them share. Pure. */

export interface LogReport {
  /** Closed: the pod has taken nothing since, and nothing will before it says Open. */
  readonly state: 'Open' | 'Closed';
  /** Events that Kafka does not have yet, and their bytes. */
  readonly events: number;
  readonly bytes: number;
  /** uid of the pod that said it. */
  readonly pod: string;
}

/** By the pod's name. What a pod wrote is not to be trusted: anything else is nothing. */
export function logReportIn(data: Readonly<Record<string, string>> | undefined, pod: string): LogReport | undefined {
  try {
    const { state, events, bytes, pod: uid } = JSON.parse(data?.[pod] ?? '') as Partial<LogReport>;
    if ((state !== 'Open' && state !== 'Closed') || typeof uid !== 'string') return undefined;
    return isCount(events) && isCount(bytes) ? { state, events, bytes, pod: uid } : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
