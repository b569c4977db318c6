import { channels, type EventReport, sfuReports, signalingReports } from '../src/app/event-reports.ts';

/** docs/events.md: every event and where it is reported, from the tables in src/app/event-reports.ts. */
export function eventsPage(): string {
  const meanings = Object.entries(channels).map(([name, meaning]) => `- **${name}**: ${meaning}.`);
  return `# Events

Generated from the tables in src/app/event-reports.ts by \`npm run generate\`; edit them there.

Each change in the server is emitted once, after it happened, as a named event. This page lists all events
and where each is reported:

${meanings.join('\n')}

Live pages of the dashboard are also redrawn after an event, and controllers are notified of events of their own
endpoints and sessions ([controllers.md](controllers.md)).

## Rooms, peers and media

${table(sfuReports)}

## Connections

${table(signalingReports)}
`;
}

function table(reports: Readonly<Record<string, EventReport>>): string {
  const rows = Object.entries(reports).map(
    ([name, report]) => `| \`${name}\` | ${report.means} | ${placesOf(report)} |`,
  );
  return ['| event | what happened | reported in |', '|---|---|---|', ...rows].join('\n');
}

function placesOf(report: EventReport): string {
  return 'because' in report ? `nowhere: ${report.because}` : report.in.join(', ');
}
