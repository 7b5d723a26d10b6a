import { spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type DataDirectory,
  defaultDataDirectory,
  lockDataDirectory,
  prepareDataDirectory,
  readRunningFleet,
} from '../../app/fleet/data-directory.js'
import { type FleetDescription, readFleetConfig } from '../../app/fleet/fleet-config.js'
import { type PodsMode, readPodsConfig } from '../../app/fleet/fleet-pods.js'
import { readDnsCompatibility, readNameServerOption } from '../../app/fleet/name-server-option.js'
import { readXdsPlaces, type XdsFlags } from '../../app/services/xds-options.js'
import { createLineLog, systemClock } from '../../app/system/system-ports.js'
import { CodedError } from '../../base/errors.js'
import type { CommandIo } from '../contract.js'
import { type AccessFlags, accessArguments, accessOptionsOf } from '../options/access-options.js'
import { parseLogLevel } from '../options/parse-log-level.js'
import { untilStopped } from './until-stopped.js'

export interface RunUpOptions extends AccessFlags, XdsFlags {
  /** Undefined: those of before, or the default ones of a new fleet. */
  members: readonly string[] | undefined
  /** Members that are reached by their agents; those that are not among `members` are added. */
  pulled?: readonly string[] | undefined
  dataDir?: string
  port: number | undefined
  detach?: boolean
  output?: string
  demo: boolean
  sync: boolean
  nodes?: string
  pods: PodsMode
  podsConfig?: string
  dnsForward?: string
  dnsCompatibility?: string
  logLevel: string
}

const defaultMembers = ['us-east', 'eu-west', 'staging']

/** Starts the embedded fleet here, or in a process of its own with --detach. */
export async function runUp(options: RunUpOptions, io: CommandIo): Promise<void> {
  const path = resolve(options.dataDir ?? defaultDataDirectory(io.env))
  const directory = prepareDataDirectory(path)
  if (options.detach) {
    // What is wrong with it is told here, not in the log of the fleet.
    readPodsConfig(options.podsConfig)
    readNameServerOption(options.dnsForward)
    readDnsCompatibility(options.dnsCompatibility)
    readXdsPlaces(options)
    await detach(options, directory, io)
    return
  }
  const level = parseLogLevel(options.logLevel)
  const podsConfig = readPodsConfig(options.podsConfig)
  const forwardNamesTo = readNameServerOption(options.dnsForward)
  const dnsCompatibility = readDnsCompatibility(options.dnsCompatibility)
  const xds = readXdsPlaces(options)
  const lock = lockDataDirectory(directory)
  try {
    const started = Date.now()
    const { startEmbeddedFleet } = await import('../../app/fleet/embedded-fleet.js')
    const progress = io.interactive ? (text: string) => io.err(text) : () => {}
    const fleet = await startEmbeddedFleet({
      directory,
      members: [
        ...new Set([
          ...(options.members ?? (readFleetConfig(directory) === undefined ? defaultMembers : [])),
          ...(options.pulled ?? []),
        ]),
      ],
      ...(options.pulled === undefined ? {} : { pulled: options.pulled }),
      port: options.port,
      demo: options.demo,
      sync: options.sync,
      ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
      pods: options.pods,
      podsConfig,
      ...(forwardNamesTo ? { forwardNamesTo } : {}),
      ...(dnsCompatibility ? { dnsCompatibility } : {}),
      ...(xds ? { xds } : {}),
      access: accessOptionsOf(options),
      env: io.env,
      progress,
      log: createLineLog((line) => io.err(line), level, systemClock),
    })
    lock.markReady()
    if (options.output === 'json') io.out(JSON.stringify(fleet.description, undefined, 2))
    else io.out(welcome(fleet.description, Date.now() - started, io.colour))
    if (options.demo)
      void fleet.demoSettled.then((summary) => progress(`${summary} after ${((Date.now() - started) / 1000).toFixed(1)} s`))
    await untilStopped()
    progress('stopping ...')
    await fleet.stop()
  } catch (error) {
    // A fleet that started in part still listens, which would keep this process for ever; the error is printed first.
    setTimeout(() => process.exit(process.exitCode ?? 1), 100)
    throw error
  } finally {
    lock.release()
  }
  // Sockets of clients that hold a watch open must not keep the process.
  process.exit(process.exitCode ?? 0)
}

/** What to do next, ready to be copied. */
export function welcome(fleet: FleetDescription, elapsedMs: number, colour: boolean): string {
  const bold = (text: string) => (colour ? `\u001b[1m${text}\u001b[0m` : text)
  const members = fleet.clusters.map((cluster) => cluster.name)
  const shown =
    members.length > 5 ? `${members.slice(0, 3).join(', ')} ... ${members.at(-1)} (${members.length})` : members.join(', ')
  const clone = fleet.git.clone === '' ? [] : [bold(`  ${fleet.git.clone}`)]
  return [
    `Fleet ready in ${(elapsedMs / 1000).toFixed(2)} s: hub ${fleet.hub.server}, members ${shown || 'none'}`,
    `State in ${fleet.dataDir}; stop with Ctrl-C or flotilla down.`,
    '',
    'Next:',
    bold(`  export KUBECONFIG=${fleet.kubeconfig}`),
    bold('  kubectl --context hub -n argocd get applications --watch'),
    ...(fleet.fleet === undefined ? [] : [bold(`  kubectl --context ${fleet.fleet.context} get pods -A`)]),
    ...clone,
    '',
  ].join('\n')
}

async function detach(options: RunUpOptions, directory: DataDirectory, io: CommandIo): Promise<void> {
  const running = readRunningFleet(directory)
  if (running) {
    throw new CodedError({
      code: 'fleet-already-running',
      message: `a fleet is already running on ${directory.path} (process ${running.pid})`,
      fix: 'Use it as it is, stop it with `flotilla down`, or choose another --data-dir.',
    })
  }
  const logPath = directory.file('flotilla.log')
  const log = openSync(logPath, 'a', 0o600)
  const logged = fstatSync(log).size
  const started = Date.now()
  const args = ['up', '--data-dir', directory.path, '--log-level', options.logLevel]
  if (options.members !== undefined) args.push('--clusters', options.members.join(',') || '0')
  if (options.pulled !== undefined) args.push('--pull', options.pulled.join(','))
  if (options.port !== undefined) args.push('--port', String(options.port))
  if (!options.demo) args.push('--no-demo')
  if (!options.sync) args.push('--no-sync')
  if (options.nodes !== undefined) args.push('--nodes', options.nodes)
  args.push('--pods', options.pods, ...accessArguments(options))
  if (options.dnsForward !== undefined) args.push('--dns-forward', options.dnsForward)
  if (options.dnsCompatibility !== undefined) args.push('--dns-compatibility', options.dnsCompatibility)
  if (options.xds !== undefined) args.push('--xds', options.xds)
  if (options.xdsClear !== undefined) args.push('--xds-clear', options.xdsClear)
  if (options.xdsStatus !== undefined) args.push('--xds-status', options.xdsStatus)
  if (options.podsConfig !== undefined) args.push('--pods-config', resolve(options.podsConfig))
  const child = spawn(process.execPath, [process.argv[1]!, ...args], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  let ended: string | undefined
  child.once('exit', (code, signal) => {
    ended = signal ?? String(code)
  })
  child.once('error', (error) => {
    ended = error.message
  })
  for (;;) {
    const now = readRunningFleet(directory)
    if (now?.ready && now.pid === child.pid) break
    if (ended !== undefined) {
      throw new CodedError({
        code: 'fleet-did-not-start',
        message: `the fleet did not start (${ended}): ${lastLines(logPath, logged)}`,
        fix: `The whole log is in ${logPath}.`,
      })
    }
    await new Promise((done) => setTimeout(done, 10))
  }
  child.unref()
  const fleet = JSON.parse(readFileSync(directory.file('fleet.json'), 'utf8')) as { description: FleetDescription }
  const description = { ...fleet.description, pid: child.pid! }
  if (options.output === 'json') io.out(JSON.stringify(description, undefined, 2))
  else
    io.out(
      welcome(description, Date.now() - started, io.colour).replace(
        'stop with Ctrl-C or flotilla down',
        'stop with flotilla down',
      ),
    )
}

/** The end of what was written behind the first `from` bytes. */
function lastLines(path: string, from: number): string {
  if (!existsSync(path)) return ''
  return readFileSync(path).subarray(from).toString('utf8').trim().split('\n').slice(-3).join(' | ')
}
