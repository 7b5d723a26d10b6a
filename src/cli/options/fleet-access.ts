import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { CodedError, UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandIo } from '../contract.js'

/** How a command was told which fleet it speaks to. */
export interface FleetOptions {
  dataDir?: string
  kubeconfig?: string
  context?: string
}

/** The hub of a fleet, embedded or real. */
export interface FleetAccess {
  readonly hub: KubeClient
  /** Only for an embedded fleet. */
  readonly dataDirectory: string | undefined
  /** For messages: where the fleet was found. */
  readonly where: string
  /** Resources of the Argo CD dialect live here. */
  readonly namespace: string
}

/** Adds the options by which every command finds its fleet. */
export function addFleetOptions(command: Command, namespaceOption = '-n, --namespace <name>'): Command {
  return command
    .option('--data-dir <dir>', 'data directory of an embedded fleet (default: the one of `flotilla up`)')
    .option('--kubeconfig <file>', 'a kubeconfig that reaches the hub, for a fleet on any Kubernetes API')
    .option('--context <name>', 'context of that kubeconfig (default: its current one)')
    .option(namespaceOption, 'namespace of the Argo CD objects', 'argocd')
}

/** Opens the hub; the caller closes it. `use` runs with it and it is closed whatever happens. */
export async function withFleet<T>(
  options: FleetOptions & { namespace?: string },
  io: CommandIo,
  use: (fleet: FleetAccess) => Promise<T>,
): Promise<T> {
  const [{ connectKubeconfigFile }, { createSystemClientPorts }, { defaultDataDirectory, openDataDirectory, readRunningFleet }] =
    await Promise.all([
      import('../../app/access/kubeconfig-files.js'),
      import('../../app/system/system-client-ports.js'),
      import('../../app/fleet/data-directory.js'),
    ])
  if (options.dataDir && options.kubeconfig) {
    throw new UsageError({
      code: 'two-fleets',
      message: '--data-dir and --kubeconfig both name a fleet',
      fix: 'Give --data-dir for an embedded fleet or --kubeconfig for any other hub.',
    })
  }
  let dataDirectory: string | undefined
  let kubeconfig: string
  let context = options.context
  if (options.kubeconfig) kubeconfig = resolve(options.kubeconfig)
  else {
    dataDirectory = resolve(options.dataDir ?? defaultDataDirectory(io.env))
    kubeconfig = join(dataDirectory, 'kubeconfig')
    context ??= 'hub'
    const running = existsSync(dataDirectory) ? readRunningFleet(openDataDirectory(dataDirectory)) : undefined
    if (!existsSync(kubeconfig) || !running) {
      if (options.context !== undefined) {
        throw new UsageError({
          code: 'context-without-kubeconfig',
          message: `--context ${options.context} names a context of no file: no embedded fleet is running on ${dataDirectory}`,
          fix: 'Give --kubeconfig too, or start a fleet with `flotilla up`.',
        })
      }
      throw new CodedError({
        code: 'no-fleet',
        message: `no embedded fleet is running on ${dataDirectory}`,
        fix: 'Start one with `flotilla up`, name the directory of a running one with --data-dir, or a hub with --kubeconfig FILE --context NAME.',
      })
    }
  }
  const { client: hub } = await connectKubeconfigFile({ path: kubeconfig, context, name: 'hub' }, createSystemClientPorts(io.env))
  try {
    return await use({
      hub,
      dataDirectory,
      where: options.kubeconfig ? kubeconfig : dataDirectory!,
      namespace: options.namespace ?? 'argocd',
    })
  } finally {
    hub.close()
  }
}

/** The text of a manifest file, or of standard input for `-`. */
export async function readManifest(path: string, io: CommandIo): Promise<string> {
  if (path === '-') return await io.readStdin()
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `cannot read ${path}: ${(error as Error).message}`,
      fix: 'Name a file that exists, or - for standard input.',
    })
  }
}
