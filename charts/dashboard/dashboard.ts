/** The Grafana dashboard of one pipeline, as JSON for a ConfigMap. Pure. To add a row, write it in rows/ and list it here. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, panelOf } from './panel.ts';
import { drift } from './rows/drift.ts';
import { errors } from './rows/errors.ts';
import { flow } from './rows/flow.ts';
import { freshness } from './rows/freshness.ts';
import { lag } from './rows/lag.ts';
import { model } from './rows/model.ts';
import { now } from './rows/now.ts';
import { operator } from './rows/operator.ts';
import { processes } from './rows/processes.ts';
import type { Row } from './rows/row.ts';
import { serving } from './rows/serving.ts';
import { training } from './rows/training.ts';

/** From top to bottom. */
export const rows: readonly Row[] = [
  now,
  flow,
  lag,
  freshness,
  errors,
  serving,
  training,
  model,
  drift,
  processes,
  operator,
];

/** Where the chart finds it, from the root of the project. */
export const dashboardFile = 'charts/likeness/dashboards/likeness.json';

/** Seen by a pod of the pipeline, or by the operator: one that never ran can be chosen too. */
const anyOfPipeline = '{__name__=~"likeness_events_total|likeness_pipeline_condition"';

export function dashboardJson(): string {
  const builder = new DashboardBuilder('Likeness pipeline')
    .uid('likeness-pipeline')
    .description(
      'One ProfilePipeline: events in, profiles, models, recommendations out. Generated from charts/dashboard.',
    )
    .tags(['likeness'])
    .timezone('browser')
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(variable('namespace', `label_values(${anyOfPipeline}}, namespace)`))
    .withVariable(variable('pipeline', `label_values(${anyOfPipeline},namespace="$namespace"}, pipeline)`));
  let id = 0;
  for (const { title, panels } of rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) builder.withPanel(panelOf(panel, ++id));
  }
  return `${JSON.stringify(builder.build(), undefined, 2)}\n`;
}

function variable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(name[0]!.toUpperCase() + name.slice(1))
    .datasource(datasource)
    .query({ query, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}
