import { BlockList, isIP, isIPv6 } from 'node:net';
import { announcedAddresses, listenInfos } from '../addresses.ts';
import { type Check, type Finding, fatal, warning } from './finding.ts';

const unreachable = new BlockList();
unreachable.addSubnet('0.0.0.0', 8);
unreachable.addAddress('::', 'ipv6');
unreachable.addSubnet('224.0.0.0', 4);
unreachable.addSubnet('ff00::', 8, 'ipv6');

/** Addresses of networks that the internet does not lead to (RFC 1918, 6598, 3927, 4193, 4291). */
const privateRanges = new BlockList();
for (const [address, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  privateRanges.addSubnet(address, bits);
privateRanges.addSubnet('fc00::', 7, 'ipv6');
privateRanges.addSubnet('fe80::', 10, 'ipv6');
privateRanges.addAddress('::1', 'ipv6');

/** The addresses that clients are told can lead here. */
export const address: Check = {
  name: 'announced address',
  look({ config }) {
    const announced = announcedAddresses(config);
    const findings: Finding[] = announced.filter((one) => within(unreachable, one)).map(leadsNowhere);
    if (findings.length > 0 || config.developmentMode) return findings;
    if (announced.every((one) => within(privateRanges, one)))
      findings.push(onlyPrivate(announced, config.flyApp));
    const bound = new Set(listenInfos(config, 0).map(({ ip }) => isIPv6(ip)));
    const deaf = announced.filter((one) => isIP(one) !== 0 && !bound.has(isIPv6(one)));
    return [...findings, ...deaf.map((one) => notListened(one, config.listenIp))];
  },
};

function within(list: BlockList, one: string): boolean {
  return isIP(one) !== 0 && list.check(one, isIPv6(one) ? 'ipv6' : 'ipv4');
}

function leadsNowhere(one: string): Finding {
  return fatal(
    `clients are told the address ${one}, which is no host's`,
    'They would send their media nowhere.',
    'Set TUREEN_ANNOUNCED_ADDRESS to the address under which clients reach this host.',
  );
}

function onlyPrivate(announced: readonly string[], flyApp: string | undefined): Finding {
  const grade = flyApp === undefined ? warning : fatal;
  return grade(
    `clients are told ${announced.join(', ')} only, which the internet does not lead to`,
    'Clients outside of this network connect to signaling, and get neither sound nor picture.',
    flyApp === undefined
      ? 'When clients come from the internet, set TUREEN_ANNOUNCED_ADDRESS to the public address of this host.'
      : 'Give the app an IPv4 of its own (fly ips allocate-v4), and unset TUREEN_ANNOUNCED_ADDRESS or set it to that.',
  );
}

function notListened(one: string, listenIp: string): Finding {
  return warning(
    `${one} is announced, but no media port listens on an address of its family, since TUREEN_LISTEN_IP is ${listenIp}`,
    'Clients that have only that family get neither sound nor picture.',
    'Take it out of TUREEN_ANNOUNCED_ADDRESS, or let TUREEN_LISTEN_IP be 0.0.0.0, which listens on both families.',
  );
}
