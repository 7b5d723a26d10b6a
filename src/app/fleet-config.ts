import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { CodedError } from '../base/errors.js'
import { type DataDirectory, writePrivateFile } from './data-directory.js'
import type { PlacedCluster } from './fleet-network.js'

/** What `flotilla up -o json` prints. */
export interface FleetDescription {
  readonly dataDir: string
  readonly pid: number
  readonly kubeconfig: string
  readonly hub: { readonly server: string; readonly context: string }
  readonly clusters: readonly { readonly name: string; readonly server: string; readonly context: string }[]
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
  /** The hub's number in the address plan (absent in fleets of before: 0). */
  readonly networkStart?: number
  /** `number` as the hub's (absent in fleets of before: by their order). */
  readonly members: readonly { readonly name: string; readonly port: number; readonly number?: number }[]
}

const firstPort = 7443

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
    /** The number of the hub in the address plan. */
    networkStart?: number
  },
): Promise<FleetConfig> {
  const taken = new Set([known?.hubPort, known?.gitPort, ...(known?.members ?? []).map((member) => member.port)])
  let next = wanted.port ?? firstPort
  const free = async (): Promise<number> => {
    for (; next <= 65_535; next++) {
      if (!taken.has(next) && (await isFree(wanted.host, next))) {
        taken.add(next)
        return next++
      }
    }
    throw new CodedError({
      code: 'no-free-port',
      message: `there is no free port above ${wanted.port ?? firstPort} on ${wanted.host}`,
      fix: 'Choose a lower --port.',
    })
  }
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
  const hubPort = known?.hubPort ?? (await free())
  const networkStart = known?.networkStart ?? wanted.networkStart ?? 0
  const members = (known?.members ?? []).map((member, index) => ({ number: networkStart + 1 + index, ...member }))
  for (const name of wanted.members) {
    if (!members.some((member) => member.name === name))
      members.push({ name, port: await free(), number: networkStart + 1 + members.length })
  }
  return {
    demo: known?.demo ?? wanted.demo,
    createdMs: known?.createdMs ?? wanted.nowMs,
    ...((wanted.nodes ?? known?.nodes) === undefined ? {} : { nodes: wanted.nodes ?? known?.nodes }),
    host: known?.host ?? wanted.host,
    hubPort,
    gitPort: known?.gitPort ?? (await free()),
    networkStart,
    members,
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
  const hub = { name: hubName, port: config.hubPort, number: start }
  return [hub, ...config.members.map(({ name, port, number }, index) => ({ name, port, number: number ?? start + 1 + index }))]
}
