import { BlockList, isIP, isIPv6 } from 'node:net';
import { announcedAddresses, listenInfos } from '../addresses.ts';
import { type Check, type Finding, fatal, warning } from './check.ts';

/** Addresses that no host has: unspecified and multicast (RFC 1122, 4291, 5771). */
const noHost = new BlockList();
noHost.addSubnet('0.0.0.0', 8);
noHost.addAddress('::', 'ipv6');
noHost.addSubnet('224.0.0.0', 4);
noHost.addSubnet('ff00::', 8, 'ipv6');

/** Addresses that are not routed on the internet (RFC 1918, 6598, 3927, 4193, 4291). */
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

/** The addresses that are announced to clients can lead here. */
export const address: Check = {
  name: 'announced address',
  run({ config }) {
    const announced = announcedAddresses(config);
    const findings: Finding[] = announced.filter((one) => within(noHost, one)).map(noAddressOfAHost);
    if (findings.length > 0) return findings;
    // A developer's own machine is reached at any address of its own, and only there.
    if (!config.developmentMode && announced.every((one) => within(privateRanges, one)))
      findings.push(onlyPrivate(announced, config.flyApp));
    const bound = new Set(listenInfos(config, 0).map(({ ip }) => isIPv6(ip)));
    const unheard = announced.filter((one) => isIP(one) !== 0 && !bound.has(isIPv6(one)));
    const grade = unheard.length === announced.length ? fatal : warning;
    return [...findings, ...unheard.map((one) => notListened(one, config.listenIp, grade))];
  },
};

function within(list: BlockList, one: string): boolean {
  return isIP(one) !== 0 && list.check(one, isIPv6(one) ? 'ipv6' : 'ipv4');
}

function noAddressOfAHost(one: string): Finding {
  return fatal(
    `the address ${one} is announced to clients, but no host can have it`,
    'Clients cannot send or receive media.',
    'Set TUREEN_ANNOUNCED_ADDRESS to the address under which clients reach this host.',
  );
}

function onlyPrivate(announced: readonly string[], flyApp: string | undefined): Finding {
  const grade = flyApp === undefined ? warning : fatal;
  return grade(
    `only ${announced.join(', ')} is announced to clients, which cannot be reached from the internet`,
    'Clients outside of this network can join a room but get neither audio nor video.',
    flyApp === undefined
      ? 'If clients come from the internet, set TUREEN_ANNOUNCED_ADDRESS to the public address of this host.'
      : 'Give the app an IPv4 address of its own (fly ips allocate-v4), and unset TUREEN_ANNOUNCED_ADDRESS or set it to that address.',
  );
}

function notListened(one: string, listenIp: string, grade: typeof warning): Finding {
  return grade(
    `${one} is announced, but no media port listens on an address of its family, since TUREEN_LISTEN_IP is ${listenIp}`,
    'Clients that have only that family get neither audio nor video.',
    'Remove it from TUREEN_ANNOUNCED_ADDRESS, or set TUREEN_LISTEN_IP to 0.0.0.0, which listens on both families.',
  );
}
