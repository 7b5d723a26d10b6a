import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { CodedError } from '../../base/errors.js'
import { type DataDirectory, writePrivateFile } from './data-directory.js'
import { ownAddressOf, type PlacedCluster } from './fleet-network.js'

/** What `flotilla up -o json` prints. */
export interface FleetDescription {
  readonly dataDir: string
  readonly pid: number
  readonly kubeconfig: string
  readonly hub: { readonly server: string; readonly context: string }
  readonly clusters: readonly { readonly name: string; readonly server: string; readonly context: string }[]
  /** One API over all members. */
  readonly fleet?: { readonly server: string; readonly context: string }
  readonly git: { readonly url: string; readonly clone: string }
}

/** What an embedded fleet is, kept in fleet.json so that a restart is the same fleet at the same addresses. */
export interface FleetConfig {
  /** When the fleet was made, epoch ms. */
  readonly createdMs: number
  /** Whether it was made with the demo. */
  readonly demo: boolean
  /** Nodes of each cluster, as `flotilla up --nodes` takes them (absent: three). */
  readonly nodes?: string
  readonly host: string
  readonly hubPort: number
  readonly gitPort: number
  /** Of the API over all members (absent in fleets of before: the next free one). */
  readonly fleetPort?: number
  /** Where agents connect (absent: nowhere so far). */
  readonly agentPort?: number
  /** The hub's number in the address plan (absent in fleets of before: 0). */
  readonly networkStart?: number
  /** `number` as the hub's (absent in fleets of before: by their order). */
  readonly members: readonly MemberConfig[]
}

export interface MemberConfig {
  readonly name: string
  readonly port: number
  /** In the address plan. */
  readonly number?: number
  /** Served at a loopback address of its own. */
  readonly ownAddress?: boolean
  /** Absent: those of the fleet. */
  readonly nodes?: string
  /** Absent: member. */
  readonly profile?: 'member' | 'bare'
  /** Reached by its agent alone, as a cluster behind a firewall is. */
  readonly pulled?: boolean
}

const firstPort = 7443
/** Where clusters with an address of their own are served, as everywhere. */
const apiPort = 6443

/** Reads fleet.json; undefined for a new fleet. */
export function readFleetConfig(directory: DataDirectory): FleetConfig | undefined {
  const path = directory.file('fleet.json')
  if (!existsSync(path)) return undefined
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { config: FleetConfig }).config
  } catch (error) {
    throw new CodedError({
      code: 'fleet-config-broken',
      message: `${path} cannot be read: ${(error as Error).message}`,
      fix: 'Restore it, or start over with `flotilla down --purge`.',
      cause: error,
    })
  }
}

export function writeFleetConfig(directory: DataDirectory, config: FleetConfig, description: FleetDescription): void {
  writePrivateFile(directory.file('fleet.json'), `${JSON.stringify({ config, description }, undefined, 2)}\n`)
}

/**
 * The fleet to run: what was, plus members that are new in `members`. A member that is not named any more stays: what
 * is on it must not vanish because an option was forgotten. Ports stay the same; new ones are the next free ones.
 */
export async function planFleet(
  known: FleetConfig | undefined,
  wanted: {
    members: readonly string[]
    port: number | undefined
    host: string
    nowMs: number
    demo: boolean
    nodes?: string
    /** Members, new ones, that are reached by their agents. */
    pulled?: readonly string[]
    /** The number of the hub in the address plan. */
    networkStart?: number
    /** Where free ports are looked for, upwards, unless `port` says it (default 7443). */
    firstPort?: number
  },
): Promise<FleetConfig> {
  const free = freePorts(wanted.host, wanted.port ?? wanted.firstPort ?? firstPort, portsOf(known))
  if (known && wanted.port !== undefined && wanted.port !== known.hubPort) {
    throw new CodedError({
      code: 'port-of-fleet-is-fixed',
      message: `this fleet's hub is at port ${known.hubPort}, not ${wanted.port}; cluster Secrets and kubeconfigs name it`,
      fix: 'Leave --port out, or make another fleet with another --data-dir.',
    })
  }
  if (!known && wanted.port !== undefined && !(await isFree(wanted.host, wanted.port))) {
    throw new CodedError({
      code: 'port-in-use',
      message: `port ${wanted.port} on ${wanted.host} is in use`,
      fix: 'Choose another --port, or leave it out.',
    })
  }
  const pushed = known?.members.find(({ name, pulled }) => !pulled && wanted.pulled?.includes(name))
  if (pushed !== undefined) {
    throw new CodedError({
      code: 'member-is-pushed',
      message: `the member ${pushed.name} was made as one that the hub reaches by its address`,
      fix: 'Delete it first (flotilla cluster delete), or name a new one with --pull.',
    })
  }
  const hubPort = known?.hubPort ?? (await free())
  const networkStart = known?.networkStart ?? wanted.networkStart ?? 0
  const members = (known?.members ?? []).map((member, index) => ({ number: networkStart + 1 + index, ...member }))
  const freeNumber = freeNumbers(members, networkStart)
  for (const name of wanted.members) {
    if (!members.some((member) => member.name === name)) {
      const pulled = wanted.pulled?.includes(name) ? { pulled: true } : {}
      members.push({ name, port: await free(), number: freeNumber(), ...pulled })
    }
  }
  return {
    demo: known?.demo ?? wanted.demo,
    createdMs: known?.createdMs ?? wanted.nowMs,
    ...((wanted.nodes ?? known?.nodes) === undefined ? {} : { nodes: wanted.nodes ?? known?.nodes }),
    host: known?.host ?? wanted.host,
    hubPort,
    gitPort: known?.gitPort ?? (await free()),
    fleetPort: known?.fleetPort ?? (await free()),
    ...(known?.agentPort === undefined ? {} : { agentPort: known.agentPort }),
    networkStart,
    members,
  }
}

/** The fleet with one more member, at the next free port and number. */
export async function addMember(
  config: FleetConfig,
  wanted: { name: string; nodes?: string; profile?: 'member' | 'bare'; ownAddress?: boolean; pulled?: boolean },
): Promise<FleetConfig> {
  const start = config.networkStart ?? 0
  const members = config.members.map((member, index) => ({ number: start + 1 + index, ...member }))
  const number = freeNumbers(members, start)()
  const port = wanted.ownAddress ? apiPort : await freePorts(config.host, config.hubPort, portsOf(config))()
  const member: MemberConfig = {
    name: wanted.name,
    port,
    number,
    ...(wanted.ownAddress ? { ownAddress: true } : {}),
    ...(wanted.nodes === undefined ? {} : { nodes: wanted.nodes }),
    ...(wanted.profile === undefined || wanted.profile === 'member' ? {} : { profile: wanted.profile }),
    ...(wanted.pulled ? { pulled: true } : {}),
  }
  return { ...config, members: [...members, member] }
}

/** Numbers in the address plan that none of them has, upwards: of those between, clusters may have been deleted. */
function freeNumbers(members: readonly { readonly number: number }[], start: number): () => number {
  const taken = new Set(members.map((member) => member.number))
  let next = start
  return () => {
    do next++
    while (taken.has(next))
    return next
  }
}

function portsOf(config: FleetConfig | undefined): Set<number | undefined> {
  return new Set([
    config?.hubPort,
    config?.gitPort,
    config?.agentPort,
    config?.fleetPort,
    ...(config?.members ?? []).map((member) => member.port),
  ])
}

/** Ports that nobody has, upwards. */
function freePorts(host: string, first: number, taken: Set<number | undefined>): () => Promise<number> {
  let next = first
  return async () => {
    for (; next <= 65_535; next++) {
      if (!taken.has(next) && (await isFree(host, next))) {
        taken.add(next)
        return next++
      }
    }
    throw new CodedError({
      code: 'no-free-port',
      message: `there is no free port above ${first} on ${host}`,
      fix: 'Choose a lower --port.',
    })
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen(port, host, () => probe.close(() => done(true)))
  })
}

/** Every cluster with its number in the address plan. */
export function placedClusters(config: FleetConfig, hubName: string): PlacedCluster[] {
  const start = config.networkStart ?? 0
  const { host } = config
  const members = config.members.map(({ name, port, ownAddress, number: given }, index) => {
    const number = given ?? start + 1 + index
    return { name, number, port, host: ownAddress ? (ownAddressOf(number) ?? host) : host }
  })
  return [{ name: hubName, host, port: config.hubPort, number: start }, ...members]
}
