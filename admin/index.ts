/** The dashboard for those who mount it, and what panels of their own are made with. */
export { Dashboard, type DashboardOptions } from './dashboard.ts';
export { Bar, Level, Spark } from './html/chart.tsx';
export * as format from './html/format.ts';
export {
  ActionLink,
  Badge,
  Empty,
  Figure,
  Moment,
  PageHead,
  ReasonField,
  SearchForm,
} from './html/parts.tsx';
export { htmlId, live } from './html/regions.ts';
export { type Cell, type Column, Pager, pageOf, type Row, Table } from './html/table.tsx';
export type { Form } from './http/form.ts';
export { type ActionResult, definePanel, type Panel, type PanelAction, type PanelContext } from './panel.ts';
export { adminDashboard, dashboardPlugin } from './plugin.ts';
