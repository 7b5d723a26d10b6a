import { type Command, Option } from 'commander'
import type { ChosenKubeconfig } from '../../app/access/choose-kubeconfig.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandIo } from '../contract.js'
import { addHubOptions, chooseHub } from './hub-options.js'

/** The flags that every command of kubefedctl had. */
export interface HostOptions {
  kubeconfig?: string
  dataDir?: string
  hostClusterContext?: string
  kubefedNamespace: string
  dryRun?: boolean
}

const contextOption = '--host-cluster-context <name>'

export function addHostOptions(command: Command): Command {
  return addHubOptions(command, { contextOption })
    .option('--kubefed-namespace <name>', 'namespace of the control plane', 'kube-federation-system')
    .option('--dry-run', 'say what would be done, change nothing')
    .addOption(new Option('--v <level>', 'how much is logged, in scripts for kubefedctl: says nothing here').hideHelp())
}

/** The hub, and the way to clusters by other contexts of the same kubeconfig. */
export interface Host {
  readonly client: KubeClient
  readonly context: string
  readonly connect: ChosenKubeconfig['connect']
}

/** Runs with the hub and closes it whatever happens. Any Kubernetes API can be one. */
export async function withHost(flags: HostOptions, io: CommandIo, use: (host: Host) => Promise<void>): Promise<void> {
  const { kubeconfig, dataDir, hostClusterContext: context } = flags
  const chosen = await chooseHub({ kubeconfig, dataDir, context }, io)
  const { client, context: name } = await chosen.connect('hub')
  try {
    await use({ client, context: name, connect: chosen.connect })
  } catch (error) {
    const { ofHub } = await import('../../app/access/require-hub.js')
    throw ofHub(error, chosen)
  } finally {
    client.close()
  }
}
