import {
  failedOutcomes,
  type MediaQuality,
  type PeerCourse,
  type TransportCourse,
} from '../../src/core/peer-course.ts';
import { duration, sentence } from '../html/format.ts';
import { type Column, Table } from '../html/table.tsx';
import type { PanelContext } from '../panel/panel.ts';
import { Badge, Empty, Moment, PageHead } from '../panel/parts.tsx';
import type { HistoryPage } from './history-reading.ts';

/** One stay of a peer in a room: how its media was connected, how it ended, and what happened in between. */
export function Stay({ context, page }: { context: PanelContext; page: HistoryPage }): JSX.Element {
  const { lines, silent } = page;
  const [last] = lines;
  if (!last)
    return (
      <>
        <PageHead title="A stay" note="not known" />
        <Empty
          title="Nothing is known of this stay"
          hint={
            silent.length > 0
              ? `It may be known to ${silent.join(', ')}, which did not answer.`
              : 'It was longer ago than TUREEN_TIMELINE_HOURS, or on a node that is not there any more.'
          }
        />
      </>
    );
  const course = lines.find((line) => line.course !== null)?.course;
  const { roomId, peerId, node } = last;
  return (
    <>
      <p class="crumb">
        <a href={context.link('/history', { room: roomId })} safe>{`History of room ${roomId}`}</a>
      </p>
      <PageHead
        title={course?.displayName || (peerId ?? '')}
        note={[peerId ?? '', node === undefined ? '' : `on ${node}`].filter(Boolean).join(', ')}
        badge={outcome(course)}
      />
      {course ? (
        <Course course={course} />
      ) : (
        <p class="note">
          How its media went is told at its end.{' '}
          <a href={context.link('/peer', { room: roomId, peer: peerId })}>It may be here still.</a>
        </p>
      )}
      <h2>What happened</h2>
      <ol class="timeline">
        {lines.toReversed().map(({ time, text, bad }) => (
          <li class={bad ? 'bad' : ''}>
            <Moment time={time} /> <span safe>{text}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function outcome(course: PeerCourse | null | undefined): JSX.Element {
  if (!course) return '';
  const tone = failedOutcomes.has(course.outcome) ? 'bad' : course.outcome === 'connected' ? 'good' : 'plain';
  return <Badge text={course.outcome.replace('_', ' ')} tone={tone} />;
}

function Course({ course }: { course: PeerCourse }): JSX.Element {
  return (
    <>
      <p safe>{sentence(course.media)}</p>
      <dl class="pairs">
        {factsOf(course).map(([name, value]) => (
          <div>
            <dt safe>{name}</dt>
            <dd safe>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>Transports</h2>
      {course.transports.length === 0 ? (
        <Empty title="It opened none" hint="Its client did not come as far as media." />
      ) : (
        <Table label="Transports" columns={columns} rows={course.transports.map(transportRow)} />
      )}
    </>
  );
}

function factsOf(course: PeerCourse): readonly (readonly [string, string])[] {
  const { address, device, toMedia, end, refused, quality } = course;
  return [
    ['Address', address || '–'],
    ['Device', device || '–'],
    ['Stayed', duration(course.duration)],
    ['Media after', toMedia === null ? 'never' : milliseconds(toMedia)],
    ['Ended', end === null ? '–' : endText(end)],
    ...qualityFacts(quality),
    ['Refused', refused.map(({ method, code, count }) => `${method}: ${code} (${count}×)`).join(', ') || '–'],
  ];
}

function endText({ reason, detail, by }: NonNullable<PeerCourse['end']>): string {
  const who = by.kind === 'server' ? 'by the server' : `by ${by.kind} ${by.id}`;
  return [reason, who, detail].filter(Boolean).join(', ');
}

function qualityFacts(quality: MediaQuality | null): readonly (readonly [string, string])[] {
  if (quality === null) return [['Quality', 'nothing was measured']];
  const { roundTrip, lossIn, lossOut, score } = quality;
  const share = (value: number | null) => (value === null ? '–' : `${(value * 100).toFixed(2)} %`);
  return [
    ['Round trip', roundTrip === null ? '–' : `${roundTrip.mean} ms, at most ${roundTrip.max} ms`],
    ['Lost of what it sent', share(lossIn)],
    ['Lost of what it got', share(lossOut)],
    ['Score of what it sent', score === null ? '–' : `${score.mean} of 10, at least ${score.min}`],
  ];
}

const columns: readonly Column[] = [
  { title: 'Direction' },
  { title: 'Selected pair', look: 'wide' },
  { title: 'ICE' },
  { title: 'Connected' },
  { title: 'Lost' },
  { title: 'End' },
  { title: 'Offered', look: 'wide' },
];

function transportRow({ direction, ice, connected, lost, waited, end, used, offered }: TransportCourse) {
  const pair = ice === null ? '–' : `${ice.protocol} ${ice.remote} to ${ice.local}`;
  return {
    cells: [
      direction,
      pair,
      ice === null ? 'no way found' : milliseconds(ice.after),
      connected === null
        ? `${used ? 'never' : 'not asked to'}${waited ? ', tried for 15 s' : ''}`
        : milliseconds(connected),
      lost,
      end ?? '–',
      offered.join(', '),
    ],
  };
}

function milliseconds(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}
