import type { WorkerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Spark } from '../html/chart.tsx';
import { bitrate, duration, percent } from '../html/format.ts';
import { type Column, type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, PageHead } from '../panel/parts.tsx';

const columns: readonly Column[] = [
  { title: 'Worker' },
  { title: 'CPU', look: 'number' },
  { title: 'Last minutes' },
  { title: 'Rooms', look: 'number' },
  { title: 'Routers', look: 'number' },
  { title: 'Producers', look: 'number' },
  { title: 'Consumers', look: 'number' },
  { title: 'Sends about', look: 'number' },
  { title: 'Runs for', look: 'number' },
  { title: 'Process', look: 'number' },
  { title: 'Deaths', look: 'number' },
];

/** The mediasoup workers: what each carries, its CPU, and how often it died. */
export const workersPanel = definePanel({
  id: 'workers',
  title: 'Workers',
  icon: 'workers',
  path: '/workers',
  role: 'viewer',
  view(context) {
    const { workers, rooms } = context.monitor.snapshot();
    const roomsOn = (index: number) => rooms.filter((room) => room.workers.includes(index)).length;
    return (
      <>
        <PageHead title="Workers" />
        <Table
          label="Workers"
          columns={columns}
          rows={workers.map((worker) => row(context, worker, roomsOn(worker.index)))}
        />
      </>
    );
  },
});

function row({ monitor, now }: PanelContext, worker: WorkerSnapshot, rooms: number): Row {
  const cpu = monitor.workerCpu.get(worker.index);
  const { index, pid, startedAt, routers, producers, consumers, bitrate: sent, deaths } = worker;
  const name = (
    <>
      <b safe>{`Worker ${index}`}</b> {pid === null ? <Badge text="down" tone="bad" /> : ''}
    </>
  );
  const spark = <Spark values={cpu?.values ?? []} top={1} label={`CPU of worker ${index}, last minutes`} />;
  return {
    id: `worker-${index}`,
    cells: [
      { html: name },
      percent(cpu?.last ?? 0),
      { html: spark },
      rooms,
      routers,
      producers,
      consumers,
      bitrate(sent),
      startedAt === null ? '–' : duration(now - startedAt),
      pid ?? '–',
      deaths === 0 ? 0 : { html: <Badge text={String(deaths)} tone="bad" /> },
    ],
  };
}
