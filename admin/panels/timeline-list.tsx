import type { TimelineEntry } from '../live/timeline.ts';
import { Moment } from '../panel/parts.tsx';

export interface TimelineListProps {
  readonly entries: readonly TimelineEntry[];
  /** The address of the page of a room; given where entries of several rooms are together. */
  readonly roomLink?: (roomId: string) => string;
}

/** What happened, a line each. */
export function TimelineList({ entries, roomLink }: TimelineListProps): JSX.Element {
  return (
    <ol class="timeline">
      {entries.map(({ time, text, bad, roomId }) => (
        <li class={bad ? 'bad' : ''}>
          <Moment time={time} short /> <span safe>{text}</span>{' '}
          {roomId === undefined || !roomLink ? (
            ''
          ) : (
            <a class="note" href={roomLink(roomId)} safe>
              {roomId}
            </a>
          )}
        </li>
      ))}
    </ol>
  );
}
