import type { WorkerSnapshot } from '../../src/sfu/snapshot.ts';
import { Spark } from '../html/chart.tsx';
import { duration, percent } from '../html/format.ts';
import { Badge, PageHead, TableFrame } from '../html/parts.tsx';
import { live } from '../html/regions.ts';
import { definePanel, type PanelContext } from '../panel.ts';

/** The mediasoup workers: what each carries, how hard it works, how often it died. */
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
        <TableFrame label="Workers">
          <table data-rows>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col" class="number">
                  Process
                </th>
                <th scope="col" class="number">
                  Runs since
                </th>
                <th scope="col" class="number">
                  CPU
                </th>
                <th scope="col">Last minutes</th>
                <th scope="col" class="number">
                  Rooms
                </th>
                <th scope="col" class="number">
                  Routers
                </th>
                <th scope="col" class="number">
                  Producers
                </th>
                <th scope="col" class="number">
                  Consumers
                </th>
                <th scope="col" class="number">
                  Deaths
                </th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) =>
                live(`worker-${worker.index}`, row(context, worker, roomsOn(worker.index))),
              )}
            </tbody>
          </table>
        </TableFrame>
      </>
    );
  },
});

function row({ monitor, now }: PanelContext, worker: WorkerSnapshot, rooms: number): JSX.Element {
  const cpu = monitor.workerCpu.get(worker.index);
  const { index, pid, startedAt, routers, producers, consumers, deaths } = worker;
  return (
    <tr id={`worker-${index}`}>
      <td>
        <span safe>{`Worker ${index}`}</span> {pid === null ? <Badge text="down" tone="bad" /> : ''}
      </td>
      <td class="number" safe>
        {pid === null ? '–' : String(pid)}
      </td>
      <td class="number" safe>
        {startedAt === null ? '–' : duration(now - startedAt)}
      </td>
      <td class="number" safe>
        {percent(cpu?.last ?? 0)}
      </td>
      <td>
        <Spark values={cpu?.values ?? []} top={1} label={`CPU of worker ${index}, last minutes`} />
      </td>
      <td class="number">{rooms}</td>
      <td class="number">{routers}</td>
      <td class="number">{producers}</td>
      <td class="number">{consumers}</td>
      <td class="number">{deaths === 0 ? '0' : <Badge text={String(deaths)} tone="bad" />}</td>
    </tr>
  );
}
