import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { splitRegions } from '../../admin/html/regions.ts';
import { definePanel } from '../../admin/index.ts';
import { LiveView } from '../../admin/live/live-views.ts';
import { RenderQueue } from '../../admin/live/render-queue.ts';
import { until } from '../support/until.ts';
import { startFixture } from './fixtures.ts';
import { closeLivePages, LivePage } from './live-page.ts';
import { Visitor } from './support.ts';

setDefaultTimeout(60_000);
afterEach(closeLivePages);

const panelOf = (id: string, prepare: () => Promise<string>) =>
  definePanel({
    id,
    title: id,
    path: `/${id}`,
    role: 'viewer',
    prepare,
    view: (_context, prepared) => <p safe>{`answer: ${prepared}`}</p>,
  });

type Fixture = Awaited<ReturnType<typeof startFixture>>;
const change = ({ events }: Fixture) =>
  events.emit('roomLocked', { roomId: 'x', locked: true, by: { kind: 'admin', id: 'x' } });

test('a page that waits for a slow answer delays no other page', async () => {
  const answer = Promise.withResolvers<string>();
  let asked = 0;
  const slow = panelOf('slow', () => {
    asked += 1;
    return answer.promise;
  });
  let number = 1;
  const quick = panelOf('quick', async () => `number ${number}`);
  await using fixture = await startFixture('busy', [slow, quick]);
  const page = await LivePage.open(Visitor.as(fixture, 'viewer'), 'quick');
  const update = async () => {
    number += 1;
    change(fixture);
    await until(() => page.text.includes(`answer: number ${number}`), `number ${number}`);
  };
  // The first renders of a process take long, and the queue rests after them.
  for (let count = 0; count < 3; count += 1) await update();
  // Its answer begins with the first update.
  let answered = false;
  const opening = LivePage.open(Visitor.as(fixture, 'viewer'), 'slow').finally(() => {
    answered = true;
  });
  await until(() => asked > 0, 'the question of the slow page');
  await update();
  expect(answered).toBe(false);
  answer.resolve('at last');
  const slowly = await opening;
  await until(() => slowly.text.includes('answer: at last'), 'the slow page');
});

test('a page whose answer never comes ends by itself, and is asked for again when it is opened again', async () => {
  let asked = 0;
  const silent = panelOf('silent', () => {
    asked += 1;
    return asked === 1 ? new Promise<string>(() => {}) : Promise.resolve('the second time');
  });
  await using fixture = await startFixture('busy', [silent]);
  const visitor = Visitor.as(fixture, 'viewer');
  const page = await LivePage.open(visitor, 'silent');
  await until(() => page.ended, 'the end of the stream');
  const again = await LivePage.open(visitor, 'silent');
  await until(() => again.text.includes('answer: the second time'), 'the answer');
});

test('an answer that is an error is shown in place of the page, and other pages stay', async () => {
  const broken = panelOf('broken', async () => {
    throw new Error('the database is gone');
  });
  await using fixture = await startFixture('busy', [broken]);
  const visitor = Visitor.as(fixture, 'viewer');
  const page = await LivePage.open(visitor, 'broken');
  await until(() => page.text.includes('broken cannot be shown'), 'the failure');
  expect(page.text).not.toContain('the database is gone');
  expect(await visitor.text('/broken')).toContain('broken cannot be shown');
  expect(fixture.errors).toContainEqual(expect.objectContaining({ panel: 'broken' }));
});

test('what changed while an answer was waited for is rendered again', async () => {
  const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let change = () => {};
  let asked = 0;
  const source = {
    prepare: async () => {
      asked += 1;
      const number = asked;
      await answers[number - 1]?.promise;
      return async () => splitRegions(`<p>answer ${number}</p>`);
    },
    onChange: (listener: () => void) => {
      change = listener;
      return () => {};
    },
    onEnd: () => {},
  };
  const view = new LiveView(source, new RenderQueue());
  const leave = view.join();
  const first = view.update(undefined);
  await until(() => asked === 1, 'the first question');
  change();
  answers[0]?.resolve();
  const shown = await first;
  expect(shown?.html).toContain('answer 1');
  expect(view.isNewTo(shown?.region)).toBe(true);
  answers[1]?.resolve();
  const next = await view.update(shown?.region);
  expect(next?.html).toContain('answer 2');
  expect(view.isNewTo(next?.region)).toBe(false);
  leave();
});
