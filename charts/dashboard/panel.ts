/** A panel as the rows describe it, and what Grafana's own library makes of it. Pure. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel as GrafanaPanel,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StatesBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

interface Query {
  /** PromQL, with the variables of the dashboard. */
  readonly expr: string;
  /** Name of a series; `{{label}}` is filled in. */
  readonly legend: string;
}

export interface Panel {
  /** `states` draws 0 and 1 as bars in time, `listing` is a table of labels as they are now. */
  readonly kind: 'lines' | 'stacked' | 'number' | 'states' | 'listing';
  readonly title: string;
  /** What it shows, what a bad value means, and what to do then. */
  readonly description: string;
  /** An id of Grafana's units. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly limits?: Limits;
  /** Words instead of numbers. */
  readonly texts?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  /** Of 24 columns. */
  readonly width?: number;
  /** Of rows of some 30 pixels; that of its neighbours. */
  readonly height?: number;
}

/** From `warn` on it is orange, from `bad` on red; where a low value is bad, below them. */
interface Limits {
  readonly warn: number;
  readonly bad: number;
  readonly lowIsBad?: boolean;
}

/** The variable that says which Prometheus is asked. */
export const datasource = { type: 'prometheus', uid: '${datasource}' };

const colors = { good: 'green', warn: 'orange', bad: 'red' };
const heights = { lines: 8, stacked: 8, number: 4, states: 8, listing: 8 };
const widths = { lines: 8, stacked: 8, number: 4, states: 12, listing: 12 };

export function panelOf(panel: Panel, id: number): Builder<GrafanaPanel> {
  const { kind, title, description, unit, width, height } = panel;
  const builder = builders[kind](panel)
    .id(id)
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .span(width ?? widths[kind])
    .height(height ?? heights[kind])
    .mappings(mappingsOf(panel))
    .thresholds(thresholdsOf(panel.limits));
  for (const [index, query] of panel.queries.entries()) builder.withTarget(targetOf(query, index, kind));
  return builder;
}

const builders = {
  lines: (panel: Panel) => lines(panel),
  stacked: (panel: Panel) =>
    lines(panel).fillOpacity(40).stacking(new StackingConfigBuilder().mode(StackingMode.Normal)),
  number: () => new StatBuilder(),
  states: () =>
    new StatesBuilder().mergeValues(true).rowHeight(0.8).showValue(VisibilityMode.Never).fillOpacity(70).lineWidth(0),
  listing: () => new TableBuilder(),
};

function lines({ limits }: Panel): LinesBuilder {
  const style = limits === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed;
  return new LinesBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(5)
    .axisSoftMin(0)
    .showPoints(VisibilityMode.Never)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(style))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    );
}

function targetOf({ expr, legend }: Query, index: number, kind: Panel['kind']): DataqueryBuilder {
  const refId = String.fromCodePoint('A'.codePointAt(0)! + index);
  const query = new DataqueryBuilder().refId(refId).datasource(datasource).expr(expr).legendFormat(legend);
  return kind === 'listing' ? query.instant().format(PromQueryFormat.Table) : query.range();
}

function mappingsOf({ texts }: Panel): ValueMapping[] {
  return texts === undefined ? [] : [{ type: MappingType.ValueToText, options: { ...texts } }];
}

function thresholdsOf(limits: Limits | undefined): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(limits));
}

/** The first step is what lies below all others. */
function stepsOf(limits: Limits | undefined): Threshold[] {
  const { good, warn, bad } = colors;
  if (limits === undefined) return [{ value: null, color: good }];
  const [low, high] = limits.lowIsBad ? [limits.bad, limits.warn] : [limits.warn, limits.bad];
  const [first, last] = limits.lowIsBad ? [bad, good] : [good, bad];
  return [
    { value: null, color: first },
    { value: low, color: warn },
    { value: high, color: last },
  ];
}
