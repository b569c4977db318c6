import type {
  ConsumerSnapshot,
  PeerSnapshot,
  ProducerSnapshot,
  RoomSnapshot,
  TransportSnapshot,
} from '../../src/sfu/rooms/snapshot.ts';
import { bitrate, count, percent } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { Pager, pageOf } from '../html/table.tsx';
import type { SessionMeasures, StreamMeasure } from '../live/measures.ts';
import type { PanelContext } from '../panel/panel.ts';
import { nameOf } from './quality.ts';
import { indexOf } from './room-index.ts';

export interface DetailsProps {
  readonly context: PanelContext;
  readonly room: RoomSnapshot;
  readonly peer: PeerSnapshot;
  /** On the peer's own page: expanded, with pages for all of its consumers. */
  readonly own?: boolean;
  /** More for the line that is shown while it is collapsed. */
  readonly children?: JSX.Element;
}

/** Consumers on one page; a peer of a large room has hundreds. */
const pageSize = 100;

/** Transports, producers and consumers of a peer, collapsed by default. */
export function PeerDetails({ context, room, peer, own = false, children }: DetailsProps): JSX.Element {
  const { transports, producers, consumers } = peer;
  const id = htmlId('details', peer.id);
  const here = context.monitor.isHere(peer);
  return (
    <details class="more" id={`${id}-fold`} open={own}>
      <summary>
        {(children ?? '') as 'safe'}
        <span safe>
          {[
            ...(here ? [count(transports.length, 'transport')] : []),
            count(producers.length, 'producer'),
            ...(here ? [count(consumers.length, 'consumer')] : []),
          ].join(', ')}
        </span>
      </summary>
      {live(
        id,
        <section id={id} class="table-frame" aria-label={`Streams of ${nameOf(peer)}`} tabindex="0">
          {here ? <TransportTable context={context} transports={transports} /> : ''}
          <ProducerTable context={context} peer={peer} />
          <ConsumerTable context={context} room={room} peer={peer} own={own} />
        </section>,
      )}
    </details>
  );
}

function TransportTable({
  context,
  transports,
}: {
  context: PanelContext;
  transports: readonly TransportSnapshot[];
}) {
  if (transports.length === 0) return <p class="note">No transports.</p>;
  return (
    <table>
      <caption>Transports</caption>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">ICE</th>
          <th scope="col">DTLS</th>
          <th scope="col">Path</th>
          <th scope="col" class="number">
            In
          </th>
          <th scope="col" class="number">
            Out
          </th>
          <th scope="col" class="number">
            Loss in, out
          </th>
        </tr>
      </thead>
      <tbody>
        {transports.map((transport) => {
          const measure = context.monitor.measures.transports.get(transport.id);
          const loss = (share: number | null | undefined) => (share == null ? '–' : percent(share));
          return (
            <tr>
              <td safe>
                {[transport.producing && 'sending', transport.consuming && 'receiving']
                  .filter(Boolean)
                  .join(', ')}
              </td>
              <td safe>{transport.iceState ?? `${transport.type} RTP`}</td>
              <td safe>{transport.dtlsState ?? '–'}</td>
              <td safe>{pathOf(transport)}</td>
              <td class="number" safe>
                {bitrate(measure?.incoming ?? 0)}
              </td>
              <td class="number" safe>
                {bitrate(measure?.outgoing ?? 0)}
              </td>
              <td class="number" safe>{`${loss(measure?.lossReceived)}, ${loss(measure?.lossSent)}`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function ProducerTable({ context, peer }: Pick<DetailsProps, 'context' | 'peer'>): JSX.Element {
  const { producers } = peer;
  const { streams } = context.monitor.measures.session(peer.sessionId);
  if (producers.length === 0) return '';
  return (
    <table>
      <caption>Producers</caption>
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col">Codec</th>
          <th scope="col">Layer</th>
          <th scope="col" class="number">
            Score
          </th>
          <th scope="col" class="number">
            Bitrate
          </th>
          <th scope="col" class="number">
            Lost
          </th>
          <th scope="col" class="number">
            NACK, PLI
          </th>
        </tr>
      </thead>
      <tbody>{producers.map((producer) => producerRows(producer, streams.get(producer.id) ?? []))}</tbody>
    </table>
  );
}

function producerRows(producer: ProducerSnapshot, streams: readonly StreamMeasure[]): JSX.Element {
  const rows: readonly (StreamMeasure | undefined)[] = streams.length === 0 ? [undefined] : streams;
  return (
    <>
      {rows.map((stream, index) => {
        const score = producer.score.find(({ ssrc }) => ssrc === stream?.ssrc) ?? producer.score[index];
        return (
          <tr>
            <td safe>{index === 0 ? `${producer.source}${producer.paused ? ' (paused)' : ''}` : ''}</td>
            <td safe>{index === 0 ? `${producer.codec}, ${producer.type}` : ''}</td>
            <td safe>{stream?.rid ?? (rows.length > 1 ? String(index) : '–')}</td>
            <td class="number" safe>
              {score ? String(score.score) : '–'}
            </td>
            <td class="number" safe>
              {stream ? `${bitrate(stream.bitrate)}${layersOf(stream)}` : '–'}
            </td>
            <td class="number" safe>
              {stream ? `${stream.packetsLost} (${percent(stream.fractionLost)})` : '–'}
            </td>
            <td class="number" safe>
              {stream ? `${stream.nacks}, ${stream.plis}` : '–'}
            </td>
          </tr>
        );
      })}
    </>
  );
}

function ConsumerTable({ context, room, peer, own = false }: DetailsProps): JSX.Element {
  const { consumers } = peer;
  if (consumers.length === 0) return '';
  const wanted = own ? context.query.get('consumers') : '1';
  const { at, pages, from, shown } = pageOf(consumers, wanted, pageSize);
  const to = (page: number) => context.link('/peer', { room: room.id, peer: peer.id, consumers: page });
  const part = pages === 1 ? '' : ` ${from + 1} to ${from + shown.length} of ${consumers.length}`;
  return (
    <>
      <ConsumerRows
        room={room}
        consumers={shown}
        streams={context.monitor.measures.session(peer.sessionId).streams}
        caption={`Consumers${part}`}
      />
      {own ? (
        <Pager label="Pages of consumers" at={at} pages={pages} to={to} />
      ) : pages > 1 ? (
        <p class="more-of-it">
          <a href={to(1)} safe>{`All ${consumers.length} consumers`}</a>
        </p>
      ) : (
        ''
      )}
    </>
  );
}

function ConsumerRows(props: {
  room: RoomSnapshot;
  consumers: readonly ConsumerSnapshot[];
  streams: SessionMeasures['streams'];
  caption: string;
}) {
  const { room, consumers, streams, caption } = props;
  const { byId } = indexOf(room);
  return (
    <table>
      <caption safe>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Codec</th>
          <th scope="col">Layers wanted, effective</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            Score
          </th>
          <th scope="col" class="number">
            Bitrate
          </th>
        </tr>
      </thead>
      <tbody>
        {consumers.map((consumer) => {
          const stream = streams.get(consumer.id)?.[0];
          const sender = byId.get(consumer.producerPeerId);
          return (
            <tr>
              <td safe>{sender ? nameOf(sender) : consumer.producerPeerId}</td>
              <td safe>{`${consumer.kind}, ${consumer.codec}`}</td>
              <td safe>
                {consumer.type === 'simple'
                  ? '–'
                  : `${layer(consumer.preferredLayers)}, ${layer(consumer.currentLayers)}`}
              </td>
              <td safe>{stateOf(consumer)}</td>
              <td class="number" safe>{`${consumer.score.score} of ${senderScore(consumer)}`}</td>
              <td class="number" safe>
                {stream ? bitrate(stream.bitrate) : '–'}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function pathOf({ tuple }: TransportSnapshot): string {
  if (!tuple) return '–';
  const remote = 'remoteIp' in tuple ? `${tuple.remoteIp}:${tuple.remotePort}` : '';
  return `${tuple.protocol} ${tuple.localPort} ← ${remote}`;
}

function layersOf({ bitrateByLayer }: StreamMeasure): string {
  const layers = Object.entries(bitrateByLayer).map(([name, bits]) => `${name}: ${bitrate(bits)}`);
  return layers.length > 1 ? ` (${layers.join(', ')})` : '';
}

function layer(layers: { spatialLayer: number; temporalLayer?: number } | null): string {
  return layers === null ? '–' : `${layers.spatialLayer}/${layers.temporalLayer ?? '–'}`;
}

function stateOf(consumer: ConsumerSnapshot): string {
  const { paused, producerPaused, type, currentLayers } = consumer;
  if (paused) return 'paused';
  if (producerPaused) return 'paused at its source';
  const heldBack = type !== 'simple' && currentLayers === null && senderScore(consumer) > 0;
  return heldBack ? 'held back: too little bandwidth to this peer' : 'flows';
}

/** The best layer's: `producerScore` is 0 while none is forwarded, however well the sender sends. */
function senderScore({ score: { producerScore, producerScores } }: ConsumerSnapshot): number {
  return Math.max(producerScore, ...producerScores);
}
