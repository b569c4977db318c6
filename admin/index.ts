/** What an app needs to mount the dashboard, and what panels are made with. */
export { Dashboard, type DashboardOptions } from './dashboard.ts';
export { Bar, Chart, Level, Spark } from './html/chart.tsx';
export * as format from './html/format.ts';
export { htmlId, live } from './html/regions.ts';
export { type Cell, type Column, Pager, pageOf, type Row, Table } from './html/table.tsx';
export type { Form } from './panel/form.ts';
export {
  type ActionResult,
  definePanel,
  type Panel,
  type PanelAction,
  type PanelContext,
} from './panel/panel.ts';
export {
  ActionLink,
  Badge,
  Empty,
  Figure,
  Moment,
  PageHead,
  ReasonField,
  SearchForm,
} from './panel/parts.tsx';
export { adminDashboard, dashboardPlugin } from './plugin.ts';
