import { type Check, type Finding, fatal, warning } from './check.ts';

/** Seconds after which Fly.io kills a machine that is stopping (kill_timeout in fly.toml, at most 300). */
const maxStopSeconds = 300;

/** What Fly.io needs; finds nothing elsewhere. */
export const fly: Check = {
  name: 'Fly.io',
  async run({ config, machinesOf }) {
    const { flyApp, developmentMode, drainSeconds } = config;
    if (flyApp === undefined) return [];
    const findings: Finding[] = [];
    if (developmentMode)
      findings.push(
        fatal(
          'the server runs in development mode on Fly.io',
          'It listens on loopback only, so no client can reach it.',
          'Set the secrets: fly secrets set TUREEN_API_KEY=... TUREEN_API_SECRET=...',
        ),
      );
    if (drainSeconds >= maxStopSeconds)
      findings.push(
        warning(
          `a drain takes up to ${drainSeconds} seconds, but Fly.io kills a machine after ${maxStopSeconds} at the latest`,
          'Calls would be cut off without a notice.',
          'Set TUREEN_DRAIN_SECONDS to 280 and kill_timeout in fly.toml to 300.',
        ),
      );
    // A DNS failure says nothing about the machines.
    const machines = await machinesOf(flyApp).catch(() => 1);
    if (machines > 1) findings.push(tooMany(flyApp, machines));
    return findings;
  },
};

function tooMany(app: string, machines: number): Finding {
  return fatal(
    `the app ${app} has ${machines} machines`,
    'Fly.io sends all UDP of a port to one of them: calls on the others have neither audio nor video.',
    `Scale to one machine (fly scale count 1 -a ${app}), and create an app for each node: npm run fly:config.`,
  );
}
