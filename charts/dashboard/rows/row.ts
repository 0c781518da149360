/** A row of the dashboard: a title and panels, laid out from left to right. */
import type { Panel } from '../panel.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}
