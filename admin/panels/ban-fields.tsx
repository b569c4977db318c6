import type { BanRequest } from '../../src/commands/commands.ts';
import { SfuError } from '../../src/core/errors.ts';
import { banKinds } from '../../src/store/ban-kinds.ts';
import type { Form } from '../panel/form.ts';

const hour = 3_600_000;
/** How long a ban lasts. */
const durations = {
  '1h': { title: '1 hour', milliseconds: hour },
  '1d': { title: '1 day', milliseconds: 24 * hour },
  '7d': { title: '7 days', milliseconds: 7 * 24 * hour },
  '30d': { title: '30 days', milliseconds: 30 * 24 * hour },
  forever: { title: 'for good', milliseconds: null },
} as const;
type Duration = keyof typeof durations;
const durationNames = Object.keys(durations) as Duration[];

export function DurationField(): JSX.Element {
  return (
    <label class="field">
      <span>For</span>
      <select name="for">
        {durationNames.map((name) => (
          <option value={name} selected={name === 'forever'} safe>
            {durations[name].title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** @throws SfuError invalid_params */
export function readDuration(form: Form): number | null {
  return durations[form.choice('for', durationNames) as Duration].milliseconds;
}

/** Where and how long a ban holds, such as `from the room kitchen for 1 day`. A room of null is the whole server. */
export function extentOf(roomId: string | null, milliseconds: number | null): string {
  const name = durationNames.find((each) => durations[each].milliseconds === milliseconds);
  const period = name === undefined || name === 'forever' ? 'for good' : `for ${durations[name].title}`;
  return `from ${roomId === null ? 'the whole server' : `the room ${roomId}`} ${period}`;
}

/** The same of a ban of somebody in a room. */
export function extentOfRequest({ scope, milliseconds }: BanRequest, roomId: string): string {
  return extentOf(scope === 'room' ? roomId : null, milliseconds);
}

/** The form fields of a ban of a peer in a room. `token` says whether it has a token to ban. */
export function BanFields({ token }: { token: boolean }): JSX.Element {
  return (
    <>
      <div class="pair">
        <label class="field">
          <span>Out of</span>
          <select name="scope">
            <option value="room">this room</option>
            <option value="server">the whole server</option>
          </select>
        </label>
        <DurationField />
      </div>
      <fieldset>
        <legend>Recognised by</legend>
        <label class="check">
          <input type="checkbox" name="by" value="identity" checked /> who they are (peer id)
        </label>
        <label class="check">
          <input type="checkbox" name="by" value="token" checked={token} disabled={!token} /> their token
        </label>
        <label class="check">
          <input type="checkbox" name="by" value="address" /> their address (others behind it are kept out
          too)
        </label>
      </fieldset>
    </>
  );
}

/** @throws SfuError invalid_params */
export function readBanRequest(form: Form): BanRequest {
  const kinds = banKinds.filter((kind) => form.all('by').includes(kind));
  if (kinds.length === 0)
    throw new SfuError('invalid_params', 'choose at least one thing by which they are recognised');
  return {
    scope: form.choice('scope', ['room', 'server']) as BanRequest['scope'],
    kinds,
    milliseconds: readDuration(form),
  };
}
