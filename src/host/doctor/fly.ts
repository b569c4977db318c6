import { type Check, type Finding, fatal, warning } from './finding.ts';

/** Fly ends a machine that takes longer (kill_timeout in fly.toml, at most 300). */
const longestStop = 300;

/** What is special to Fly.io. Nothing is looked at elsewhere. */
export const fly: Check = {
  name: 'Fly.io',
  async look({ config, machinesOf }) {
    const { flyApp, developmentMode, drainSeconds } = config;
    if (flyApp === undefined) return [];
    const findings: Finding[] = [];
    if (developmentMode)
      findings.push(
        fatal(
          'the server runs in development mode on Fly.io',
          'It listens on loopback only, and nobody reaches it.',
          'Set the secrets: fly secrets set TUREEN_API_KEY=... TUREEN_API_SECRET=...',
        ),
      );
    if (drainSeconds >= longestStop)
      findings.push(
        warning(
          `a drain takes up to ${drainSeconds} seconds, and Fly.io ends a machine after ${longestStop} at the latest`,
          'Calls would be cut off without being told.',
          'Set TUREEN_DRAIN_SECONDS to 280 and kill_timeout in fly.toml to 300.',
        ),
      );
    // A name server that does not answer says nothing about the machines.
    const machines = await machinesOf(flyApp).catch(() => 1);
    if (machines > 1) findings.push(tooMany(flyApp, machines));
    return findings;
  },
};

function tooMany(app: string, machines: number): Finding {
  return fatal(
    `the app ${app} has ${machines} machines`,
    'Fly.io gives all UDP of a port to one of them: calls on the others have neither sound nor picture.',
    `Leave one (fly scale count 1 -a ${app}), and make an app for each node: bun run fly:config.`,
  );
}
