import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import { BigValueGraphMode, GraphGradientMode, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { boards } from './boards/index.ts';
import type { BoardSpec, PanelSpec, Thresholds } from './spec.ts';

const datasource = { type: 'prometheus', uid: `\${datasource}` };
const columns = 24;
const heights = { stat: 4, timeseries: 8, bargauge: 8, table: 4 } as const;
const widths = { stat: 4, timeseries: 8, bargauge: 8, table: 8 } as const;

/** The dashboards as Grafana reads them, by file name. */
export function renderBoards(): Record<string, string> {
  return Object.fromEntries(
    boards.map((board) => [`${board.uid}.json`, `${JSON.stringify(renderBoard(board), null, 2)}\n`]),
  );
}

function renderBoard({ uid, title, description, rows }: BoardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['tureen'])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables(variables())
    .links(links());
  let top = 0;
  for (const row of rows) {
    builder.withRow(new dashboard.RowBuilder(row.title).gridPos({ x: 0, y: top, w: columns, h: 1 }));
    top += 1;
    let left = 0;
    let tallest = 0;
    for (const spec of row.panels) {
      const w = spec.width ?? widths[spec.kind];
      const h = heights[spec.kind];
      if (left + w > columns) {
        top += tallest;
        left = 0;
        tallest = 0;
      }
      builder.withPanel(renderPanel(spec).gridPos({ x: left, y: top, w, h }));
      left += w;
      tallest = Math.max(tallest, h);
    }
    top += tallest;
  }
  return builder.build();
}

function variables() {
  const query = (name: string, label: string, text: string) =>
    new dashboard.QueryVariableBuilder(name)
      .label(label)
      .datasource(datasource)
      .query(text)
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.+')
      .current({ selected: true, text: 'All', value: '$__all' });
  const text = (name: string, label: string, value: string) =>
    new dashboard.TextBoxVariableBuilder(name)
      .label(label)
      .defaultValue(value)
      .current({ selected: true, text: value, value });
  return [
    new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    query('region', 'Region', 'label_values(tureen_rooms, region)'),
    query('node', 'Node', 'label_values(tureen_rooms{region=~"$region"}, node)'),
    text('dashboard', 'Dashboard of a node, for the link (TUREEN_ADMIN_PORT)', 'http://localhost:3000/admin'),
    text(
      'metrics',
      'Metrics of a node, for the links (TUREEN_METRICS_PORT)',
      'http://localhost:3000/metrics',
    ),
    text('room', 'Room, for the link', 'room'),
  ];
}

function links() {
  const toUrl = (title: string, tooltip: string, url: string) =>
    new dashboard.DashboardLinkBuilder(title)
      .type(dashboard.DashboardLinkType.Link)
      .icon('external link')
      .tooltip(tooltip)
      .url(url)
      .targetBlank(true);
  return [
    new dashboard.DashboardLinkBuilder('Tureen')
      .type(dashboard.DashboardLinkType.Dashboards)
      .tags(['tureen'])
      .asDropdown(false)
      .includeVars(true)
      .keepTime(true),
    toUrl('Admin page', 'The dashboard of the node: rooms, peers, moderation', `\${dashboard}`),
    toUrl('This room', 'Every stream of the room, asked of the node now', `\${metrics}/rooms/\${room}`),
    toUrl('Worst rooms', 'The ten worst rooms of the node', `\${metrics}/top`),
  ];
}

function renderPanel(spec: PanelSpec) {
  const builder = shell(spec)
    .title(spec.title)
    .description(spec.description)
    .datasource(datasource)
    .unit(spec.unit)
    .noValue(spec.empty ?? 'No data: Prometheus has no series of the chosen nodes in this time.')
    .thresholds(steps(spec.thresholds));
  spec.queries.forEach(({ expr, legend }, index) => {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .datasource(datasource)
      .expr(expr);
    if (legend !== '') query.legendFormat(legend);
    if (spec.kind === 'bargauge' || spec.kind === 'table') query.instant();
    else query.range();
    if (spec.kind === 'table') query.format(prometheus.PromQueryFormat.Table);
    builder.withTarget(query);
  });
  return builder;
}

function shell({ kind, stacked = false }: PanelSpec) {
  if (kind === 'stat') return new stat.PanelBuilder().graphMode(BigValueGraphMode.Area);
  if (kind === 'table') return new table.PanelBuilder();
  if (kind === 'bargauge') return new bargauge.PanelBuilder().orientation(common.VizOrientation.Horizontal);
  const lines = new timeseries.PanelBuilder()
    .lineWidth(1)
    .fillOpacity(stacked ? 30 : 8)
    .gradientMode(GraphGradientMode.None)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  return stacked
    ? lines.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    : lines;
}

function steps(thresholds: Thresholds | 'none') {
  const builder = new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute);
  if (thresholds === 'none') return builder.steps([{ color: 'green', value: null }]);
  const { warn, bad, below } = thresholds;
  return below
    ? builder.steps([
        { color: 'red', value: null },
        { color: 'yellow', value: bad },
        { color: 'green', value: warn },
      ])
    : builder.steps([
        { color: 'green', value: null },
        { color: 'yellow', value: warn },
        { color: 'red', value: bad },
      ]);
}
