import type { Config } from '../../config/config.ts';
import { isLoopback } from '../../core/networks.ts';
import { pipeAddress, pipeListenInfo } from '../addresses.ts';
import { type Check, type Finding, fatal, warning } from './check.ts';
import type { BusProbe } from './context.ts';
import { type Bound, bind, cannotBind, close, isReachable, type Listener } from './ports.ts';

/** Beyond this the clocks of two nodes disagree visibly; at ten seconds what one decides is refused by the other. */
const maxClockOffsetMs = 2000;
/** Farther nodes take part, and their peers are heard late. */
const maxRoundTripMs = 400;
/** The bus belongs beside the node, or close to it. */
const maxBusRoundTripMs = 100;

type Found = Extract<BusProbe, { failure: undefined }>;

/** The bus answers, proves itself, and the nodes on it can work together; finds nothing without a bus. */
export const bus: Check = {
  name: 'bus',
  onlyOnDemand: true,
  async run({ config, probeBus }) {
    const probe = await probeBus();
    if (!probe) return [];
    if (probe.failure !== undefined) return [unusable(config, probe.failure)];
    const own = pipeAddress(config);
    return [...ofBus(probe), ...probe.nodes.flatMap((node) => [...ofNode(node), ...ofPipes(node, own)])];
  },
};

function unusable({ busUrls = [], busCredentials, busCa }: Config, failure: string): Finding {
  const servers = busUrls.join(', ');
  const what = `the bus (${servers}) cannot be used: ${failure}`;
  const why = 'This node is alone: its peers are not in one call with those of other nodes.';
  if (/certificate|self.signed|unable to (get|verify)|altname/i.test(failure))
    return fatal(
      what,
      why,
      `Let TUREEN_BUS_CA (${busCa ?? 'not set'}) name the authority that signed the certificate of the bus, and TUREEN_BUS_URL the address that is in it.`,
    );
  if (/authorization|authentication|nkey|nonce/i.test(failure))
    return fatal(
      what,
      why,
      `Let TUREEN_BUS_CREDENTIALS (${busCredentials ?? 'not set'}) hold what the bus knows of this node: \`npm run bus:config\` writes both, and the bus has to read its configuration again.`,
    );
  return fatal(
    what,
    why,
    'Look whether the bus runs (systemctl status tureen-bus) and whether its port is open from this host; correct TUREEN_BUS_URL.',
  );
}

function ofBus({ jetStream, bucketFailure, roundTrip }: Found): Finding[] {
  const findings: Finding[] = [];
  if (!jetStream)
    findings.push(
      warning(
        'the bus has no JetStream, or this node may not ask it',
        'Of two nodes one that crashes is given up only after TUREEN_STALE_SECONDS, for nothing beside them proves that the bus works.',
        'Give the nats-server a jetstream block, and the node the permissions of `npm run bus:config`; a cluster of buses needs more than half of them for JetStream.',
      ),
    );
  else if (bucketFailure !== null)
    findings.push(
      warning(
        `JetStream answers, but bans, users and API keys cannot be kept there: ${bucketFailure}`,
        'A node that comes later, or was away, does not know what was decided meanwhile.',
        'Let TUREEN_BUS_DOMAIN name the JetStream of the hub when the bus is a leaf node, TUREEN_BUS_REPLICAS be no more than there are servers, and more than half of them run.',
      ),
    );
  if (roundTrip > maxBusRoundTripMs)
    findings.push(
      warning(
        `the bus takes ${Math.round(roundTrip)} ms to answer`,
        'Everything that nodes say to each other is late by as much.',
        'Run a bus beside this node, in one cluster with the others (docs/deploy.md).',
      ),
    );
  return findings;
}

function ofNode({ name, foreignVersion, roundTrip, clockOffset = 0 }: Found['nodes'][number]): Finding[] {
  if (foreignVersion !== null)
    return [
      warning(
        `node "${name}" speaks version ${foreignVersion} of the protocol between nodes`,
        'Both ignore each other: their peers are not in one call.',
        'Run one version of Tureen on all nodes.',
      ),
    ];
  if (roundTrip === undefined)
    return [
      warning(
        `node "${name}" says that it lives, and does not answer`,
        'Its media cannot be asked for, so that its peers are neither seen nor heard here.',
        'Look at its log and its event loop, and whether its credentials let it answer (allow_responses).',
      ),
    ];
  const findings: Finding[] = [];
  if (roundTrip > maxRoundTripMs)
    findings.push(
      warning(
        `node "${name}" is ${Math.round(roundTrip)} ms away, there and back`,
        'Its peers are seen and heard late, and take longer to appear.',
        'Look at the route between the two hosts; compare the regions of the nodes.',
      ),
    );
  if (Math.abs(clockOffset) > maxClockOffsetMs)
    findings.push(
      warning(
        `the clock of node "${name}" is ${(Math.abs(clockOffset) / 1000).toFixed(1)} s ${clockOffset > 0 ? 'ahead' : 'behind'}`,
        'Tokens that are good on one node may be refused on the other, and times in lists and logs are wrong.',
        'Have both clocks kept right by NTP (timedatectl).',
      ),
    );
  return findings;
}

/** One of two nodes that takes media on loopback is on another host, or says where nobody else can send. */
function ofPipes({ name, pipeAddress: theirs }: Found['nodes'][number], own: string): Finding[] {
  if (isLoopback(theirs) === isLoopback(own)) return [];
  const [whose, address] = isLoopback(theirs) ? [`node "${name}"`, theirs] : ['this node', own];
  return [
    warning(
      `${whose} takes media of other nodes at ${address}, which is loopback, and ${isLoopback(theirs) ? 'this node does' : `node "${name}" does`} not`,
      'Between the two no media can flow unless they are on one host: their peers do not see or hear each other.',
      `Set TUREEN_CLUSTER_ADDRESS on ${whose} to the address under which the other nodes reach it.`,
    ),
  ];
}

/** Ports for media from other nodes can be bound, and this host reaches itself there. */
export const pipePorts: Check = {
  name: 'pipe ports',
  bindsPorts: true,
  async run({ config }) {
    if (config.busUrls === undefined) return [];
    const { ip, portRange } = pipeListenInfo(config);
    if (!portRange) return [];
    const { min, max } = portRange;
    const ports = [...new Set([min, Math.floor((min + max) / 2), max])];
    return (await Promise.all(ports.map((port) => tryPort(ip, port)))).flat();
  },
};

async function tryPort(host: string, port: number): Promise<Finding[]> {
  const variables = 'TUREEN_PIPE_PORTS or TUREEN_CLUSTER_ADDRESS';
  const listener: Listener = { protocol: 'udp', host, port, variables };
  let socket: Bound['socket'];
  try {
    socket = await bind(listener);
  } catch (error) {
    const { what, remedy } = cannotBind(listener, error as NodeJS.ErrnoException);
    const why = 'Media of other nodes does not come here: their peers are neither seen nor heard.';
    // The ports are a range, of which another one is taken.
    const grade = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? warning : fatal;
    return [grade(what, why, remedy)];
  }
  try {
    const anywhere = host === '0.0.0.0' || host === '::';
    if (anywhere || (await isReachable(socket, host, port))) return [];
    return [
      warning(
        `what this host sends to ${host} port ${port} by UDP does not arrive`,
        'Media of other nodes may not arrive either.',
        'Open the range of TUREEN_PIPE_PORTS for UDP in the firewall, from the addresses of the other nodes.',
      ),
    ];
  } finally {
    await close(socket);
  }
}
