import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Connection } from '../../kube/client/connection.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandIo } from '../contract.js'

/** The flags that every command of kubefedctl had. */
export interface HostOptions {
  kubeconfig?: string
  dataDir?: string
  hostClusterContext?: string
  kubefedNamespace: string
  dryRun?: boolean
}

export function addHostOptions(command: Command): Command {
  return command
    .option('--host-cluster-context <name>', 'context of the hub (default: the current one)')
    .option(
      '--kubeconfig <file>',
      'kubeconfig with the contexts (default: $KUBECONFIG, then that of the embedded fleet, then ~/.kube/config)',
    )
    .option('--data-dir <dir>', 'data directory of an embedded fleet, for its kubeconfig')
    .option('--kubefed-namespace <name>', 'namespace of the control plane', 'kube-federation-system')
    .option('--dry-run', 'say what would be done, change nothing')
    .addOption(new Option('--v <level>', 'how much is logged, in scripts for kubefedctl: says nothing here').hideHelp())
}

/** Runs with the hub and closes it whatever happens. */
export async function withHost(
  flags: HostOptions,
  io: CommandIo,
  use: (host: { client: KubeClient; context: string }) => Promise<void>,
): Promise<void> {
  const host = await openContext(flags, io, flags.hostClusterContext, 'host')
  try {
    await use(host)
  } finally {
    host.client.close()
  }
}

/** A cluster by its context; undefined for the current one. */
export async function openContext(
  flags: HostOptions,
  io: CommandIo,
  context: string | undefined,
  name: string,
): Promise<{ client: KubeClient; connection: Connection; context: string }> {
  const [{ connectKubeconfigFile }, { createSystemClientPorts }, { defaultDataDirectory }] = await Promise.all([
    import('../../app/access/kubeconfig-files.js'),
    import('../../app/system/system-client-ports.js'),
    import('../../app/fleet/data-directory.js'),
  ])
  const embedded = join(resolve(flags.dataDir ?? defaultDataDirectory(io.env)), 'kubeconfig')
  const path =
    flags.kubeconfig ??
    (flags.dataDir === undefined ? io.env['KUBECONFIG'] || undefined : embedded) ??
    (existsSync(embedded) ? embedded : join(homedir(), '.kube', 'config'))
  return await connectKubeconfigFile({ path, context, name }, createSystemClientPorts(io.env))
}
