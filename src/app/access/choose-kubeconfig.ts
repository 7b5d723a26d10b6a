import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { CodedError, messageOf, UsageError } from '../../base/errors.js'
import type { Connection } from '../../kube/client/connection.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { type Kubeconfig, loadKubeconfig, resolveContext } from '../../kube/client/kubeconfig.js'
import { defaultDataDirectory, openDataDirectory, readRunningFleet } from '../fleet/data-directory.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'

/** How a command was told which hub it speaks to. */
export interface KubeconfigFlags {
  readonly kubeconfig?: string | undefined
  readonly dataDir?: string | undefined
  /** A context of whichever is chosen. */
  readonly context?: string | undefined
}

export interface ChooseOptions {
  readonly flags: KubeconfigFlags
  readonly env: Readonly<Record<string, string | undefined>>
  /** `data-directory`: neither $KUBECONFIG nor ~/.kube/config is looked at. */
  readonly among: 'all' | 'data-directory'
  /** Stands before the names of flags in messages: `hub-` where they are --hub-kubeconfig and --hub-context. */
  readonly prefix?: string
}

/** The kubeconfig that a command takes, and its context in it. */
export interface ChosenKubeconfig {
  readonly context: string
  /** Of the embedded fleet whose own kubeconfig it is. */
  readonly dataDirectory: string | undefined
  /** What the context is said to be: the hub of that fleet; a member of it; the API over all members; anything. */
  readonly reaches: 'hub' | 'member' | 'all-members' | 'anything'
  /** Nobody named it: it stands in the environment or in the home directory. */
  readonly isImplied: boolean
  /** The data directory of another embedded fleet, whose file $KUBECONFIG names. */
  readonly otherFleet: string | undefined
  /** For messages: the data directory of a fleet whose hub it is, else the place. */
  readonly where: string
  /** Which context of which file, and from where that is known. */
  readonly place: string
  /** A client of the context, or of another one of the same files. The caller closes it. */
  connect(name: string, context?: string): Promise<{ client: KubeClient; connection: Connection; context: string }>
}

/** The context of the hub in the kubeconfig of an embedded fleet. */
const hubContext = 'hub'

/**
 * Chooses as kubectl users expect: --kubeconfig, --data-dir, the files of $KUBECONFIG, the default embedded fleet while it runs,
 * ~/.kube/config. Whatever is chosen and does not work is an error that says so: the next one is never tried in its place.
 */
export async function chooseKubeconfig(options: ChooseOptions): Promise<ChosenKubeconfig> {
  const { flags, env } = options
  const prefix = options.prefix ?? ''
  if (flags.dataDir && flags.kubeconfig) {
    throw new UsageError({
      code: 'two-fleets',
      message: `--data-dir and --${prefix}kubeconfig both name a fleet`,
      fix: `Give --data-dir for an embedded fleet or --${prefix}kubeconfig for any other hub.`,
    })
  }
  if (flags.kubeconfig) return openFiles([resolve(flags.kubeconfig)], `--${prefix}kubeconfig`, options)
  if (flags.dataDir) return openFleet(resolve(flags.dataDir), options)
  const standard = defaultDataDirectory(env)
  if (options.among === 'data-directory') return openFleet(standard, options)
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  if (listed.length > 0) {
    const files = listed.map((path) => resolve(path))
    return openFiles(files, 'from $KUBECONFIG', options)
  }
  if (isRunning(standard)) return openFleet(standard, options)
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config')
  if (existsSync(home)) return openFiles([home], `no embedded fleet is running on ${standard}`, options)
  return openFleet(standard, options)
}

/** The data directory of the embedded fleet whose own file $KUBECONFIG names first; undefined where it names another file, or none. */
function fleetOfEnvironment(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const first = (env['KUBECONFIG'] ?? '').split(delimiter).find((path) => path !== '' && existsSync(path))
  return first === undefined ? undefined : fleetOfFile(resolve(first))
}

function isRunning(directory: string): boolean {
  return existsSync(join(directory, 'kubeconfig')) && readRunningFleet(openDataDirectory(directory)) !== undefined
}

async function openFleet(directory: string, options: ChooseOptions): Promise<ChosenKubeconfig> {
  const { context } = options.flags
  const flag = `--${options.prefix ?? ''}kubeconfig`
  if (!isRunning(directory)) {
    if (context !== undefined) {
      throw new UsageError({
        code: 'context-without-kubeconfig',
        message: `--${options.prefix ?? ''}context ${context} names a context of no file: no embedded fleet is running on ${directory}`,
        fix: `Give ${flag} too, or start a fleet with \`flotilla up\`.`,
      })
    }
    const other = options.among === 'data-directory' ? fleetOfEnvironment(options.env) : undefined
    throw notRunning(directory, flag, other)
  }
  const ports = createSystemClientPorts(options.env)
  const path = join(directory, 'kubeconfig')
  return chosen(await loadKubeconfig(ports, { path }), [path], options, {
    context: context ?? hubContext,
    isImplied: false,
    from: '',
  })
}

async function openFiles(files: readonly string[], from: string, options: ChooseOptions): Promise<ChosenKubeconfig> {
  const there = files.filter((file) => existsSync(file))
  if (there.length === 0) {
    throw new UsageError({
      code: 'kubeconfig-missing',
      message: `there is no kubeconfig ${files.join(', ')} (${from})`,
      fix: from.startsWith('--')
        ? 'Name a file that exists.'
        : `Correct or unset KUBECONFIG, or name a file with --${options.prefix ?? ''}kubeconfig.`,
    })
  }
  const ports = createSystemClientPorts({ ...options.env, KUBECONFIG: there.join(delimiter) })
  const isImplied = !from.startsWith('--')
  try {
    const kubeconfig = await loadKubeconfig(ports, { separator: delimiter })
    return chosen(kubeconfig, files, options, { context: options.flags.context ?? kubeconfig.currentContext, isImplied, from })
  } catch (error) {
    throw explained(error, from)
  }
}

function chosen(
  kubeconfig: Kubeconfig,
  files: readonly string[],
  { env }: ChooseOptions,
  { context, isImplied, from }: { context: string; isImplied: boolean; from: string },
): ChosenKubeconfig {
  const ports = createSystemClientPorts(env)
  const found = kubeconfig.contexts.get(context)
  const file = found === undefined ? undefined : kubeconfig.clusters.get(found.cluster)?.file
  const dataDirectory = file === undefined ? undefined : fleetOfFile(file)
  const isHub = dataDirectory !== undefined && found?.cluster === hubContext
  const named = fleetOfEnvironment(env)
  const place = `context ${context} of ${file ?? files.join(delimiter)}${from === '' ? '' : ` (${from})`}`
  return {
    context,
    dataDirectory,
    reaches: found?.allMembers ? 'all-members' : isHub ? 'hub' : dataDirectory === undefined ? 'anything' : 'member',
    isImplied,
    otherFleet: named === dataDirectory ? undefined : named,
    where: isHub ? dataDirectory : place,
    place,
    async connect(name, other = context) {
      try {
        const resolved = await resolveContext(kubeconfig, ports, other)
        const { connection } = resolved
        return { client: createHttpClient({ name, connection, ports }), connection, context: resolved.name }
      } catch (error) {
        throw explained(error, `${files.join(delimiter)}${from === '' ? '' : `, ${from}`}`)
      }
    },
  }
}

/** The kubeconfig of an embedded fleet stands beside what makes the directory a fleet's. */
function fleetOfFile(file: string): string | undefined {
  const directory = dirname(file)
  return basename(file) === 'kubeconfig' && existsSync(join(directory, 'fleet.json')) ? directory : undefined
}

/** `other`: the fleet of $KUBECONFIG, which is not looked at. */
function notRunning(directory: string, flag: string, other: string | undefined): CodedError {
  return new CodedError({
    code: 'no-fleet',
    message: `no embedded fleet is running on ${directory}`,
    fix: `${other === undefined || other === directory ? '' : `For the fleet of $KUBECONFIG give --data-dir ${other}. `}Start one with \`flotilla up\`, name the directory of a running one with --data-dir, or a hub with ${flag} FILE --context NAME.`,
  })
}

/** Of a kubeconfig that is wrong: which one was taken, and from where. */
function explained(error: unknown, what: string): unknown {
  if (!(error instanceof CodedError) || error.code !== 'bad-kubeconfig') return error
  const { code, fix } = error
  const details = { code, message: `${messageOf(error)} (${what})`, cause: error, ...(fix === undefined ? {} : { fix }) }
  return error instanceof UsageError ? new UsageError(details) : new CodedError(details)
}
