import type { Command } from 'commander'
import type { ChosenKubeconfig, KubeconfigFlags } from '../../app/access/choose-kubeconfig.js'
import type { CommandIo } from '../contract.js'

/** What a command may be told of its hub. */
export interface HubFlagNames {
  /** Stands before kubeconfig and context: `hub-` where the plain names are another cluster's. */
  readonly prefix?: string
  /** The option of the context, where it is not `--context` (with the prefix). */
  readonly contextOption?: string
  /** `data-directory`: what acts on an embedded fleet itself; the environment has no say in which. */
  readonly among?: 'all' | 'data-directory'
}

const defaults = {
  all: '$KUBECONFIG, then the embedded fleet that runs, then ~/.kube/config',
  'data-directory': 'the embedded fleet',
}

/** The options by which every command finds its hub. */
export function addHubOptions(command: Command, { prefix = '', contextOption, among = 'all' }: HubFlagNames = {}): Command {
  return command
    .option(
      `--${prefix}kubeconfig <file>`,
      `kubeconfig that reaches the hub, on any Kubernetes API (default: ${defaults[among]})`,
    )
    .option(
      '--data-dir <dir>',
      `data directory of an embedded fleet, for its kubeconfig${among === 'all' ? '' : ' (default: the one of `flotilla up`)'}`,
    )
    .option(contextOption ?? `--${prefix}context <name>`, 'context of the kubeconfig (default: its current one)')
}

/** The kubeconfig that these options, or what stands around the command, choose. */
export async function chooseHub(
  flags: KubeconfigFlags,
  io: Pick<CommandIo, 'env'>,
  { prefix = '', among = 'all' }: HubFlagNames = {},
): Promise<ChosenKubeconfig> {
  const { chooseKubeconfig } = await import('../../app/access/choose-kubeconfig.js')
  return chooseKubeconfig({ flags, env: io.env, among, prefix })
}
