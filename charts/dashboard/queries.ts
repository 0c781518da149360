/** PromQL that the rows share. Labels are those that the PodMonitors give: namespace, pod, pipeline. Pure. */

/** A metric of the pipeline that the dashboard shows; `more` are further matchers, `stage="cleaner"`. */
export function own(metric: string, ...more: readonly string[]): string {
  return `${metric}{${['namespace="$namespace"', 'pipeline="$pipeline"', ...more].join(',')}}`;
}

/** The name of the chart's PodMonitor, with which its pods are scraped. */
const operatorJob = 'job=~".+/.*likeness.*operator"';

/** A metric of the operator itself, which serves all pipelines. */
export function operators(metric: string, ...more: readonly string[]): string {
  return `${metric}{${[operatorJob, ...more].join(',')}}`;
}

/** So many a second. */
export const rate = (selected: string): string => `rate(${selected}[$__rate_interval])`;

export function sum(what: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${what})` : `sum by (${by.join(', ')}) (${what})`;
}

export function max(what: string, ...by: readonly string[]): string {
  return by.length === 0 ? `max(${what})` : `max by (${by.join(', ')}) (${what})`;
}

/** `buckets`: a selected `_bucket`. */
export function quantile(share: number, buckets: string, ...by: readonly string[]): string {
  return `histogram_quantile(${share}, ${sum(rate(buckets), 'le', ...by)})`;
}

/** Answers of ingest and serving that say that the service is at fault; 0 where there were none yet. */
export function failingShare(...matchers: readonly string[]): string {
  const all = sum(rate(own('likeness_http_request_seconds_count', ...matchers)), 'service');
  const failing = sum(rate(own('likeness_http_request_seconds_count', 'status=~"5.."', ...matchers)), 'service');
  return `(${failing} or ${all} * 0) / (${all} > 0)`;
}
