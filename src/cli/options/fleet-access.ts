import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { ChosenKubeconfig } from '../../app/access/choose-kubeconfig.js'
import { UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandIo } from '../contract.js'
import { addHubOptions, chooseHub, type HubFlagNames } from './hub-options.js'

/** How a command was told which fleet it speaks to. */
export interface FleetOptions {
  dataDir?: string
  kubeconfig?: string
  context?: string
}

/** The hub of a fleet, embedded or real. */
export interface FleetAccess {
  readonly hub: KubeClient
  /** Where the hub was found, for other contexts of the same files. */
  readonly kubeconfig: ChosenKubeconfig
  /** Only for an embedded fleet. */
  readonly dataDirectory: string | undefined
  /** For messages: where the fleet was found. */
  readonly where: string
  /** Resources of the Argo CD dialect live here. */
  readonly namespace: string
}

/** Adds the options by which every command finds its fleet. */
export function addFleetOptions(command: Command, namespaceOption = '-n, --namespace <name>'): Command {
  return addHubOptions(command).option(namespaceOption, 'namespace of the Argo CD objects', 'argocd')
}

/** The same for commands that act on an embedded fleet itself; `withEmbeddedFleet` belongs to it. */
export function addEmbeddedFleetOptions(command: Command): Command {
  return addHubOptions(command, embedded).option('-n, --namespace <name>', 'namespace of the Argo CD objects', 'argocd')
}

const embedded: HubFlagNames = { among: 'data-directory' }

/** Opens the hub; `use` runs with it and it is closed whatever happens. */
export async function withFleet<T>(
  options: FleetOptions & { namespace?: string },
  io: CommandIo,
  use: (fleet: FleetAccess) => Promise<T>,
  names: HubFlagNames = {},
): Promise<T> {
  const kubeconfig = await chooseHub(options, io, names)
  const { client: hub } = await kubeconfig.connect('hub')
  try {
    const { requireHub } = await import('../../app/access/require-hub.js')
    await requireHub(kubeconfig, hub)
    const { dataDirectory, where } = kubeconfig
    return await use({ hub, kubeconfig, dataDirectory, where, namespace: options.namespace ?? 'argocd' })
  } catch (error) {
    const { ofHub } = await import('../../app/access/require-hub.js')
    throw ofHub(error, kubeconfig)
  } finally {
    hub.close()
  }
}

/**
 * The hub of an embedded fleet by its data directory, whatever $KUBECONFIG says: what is made, broken or deleted is this one's. When
 * $KUBECONFIG names another fleet's file and no option says which is meant, that is told.
 */
export async function withEmbeddedFleet<T>(
  options: FleetOptions & { namespace?: string },
  io: CommandIo,
  use: (fleet: FleetAccess) => Promise<T>,
): Promise<T> {
  return withFleet(
    options,
    io,
    (fleet) => {
      if (!options.dataDir && !options.kubeconfig) tellOfOther(fleet, io)
      return use(fleet)
    },
    embedded,
  )
}

function tellOfOther({ kubeconfig, dataDirectory }: FleetAccess, io: CommandIo): void {
  const other = kubeconfig.otherFleet
  if (other !== undefined)
    io.err(`note: this is the fleet of ${dataDirectory}; for the one of $KUBECONFIG give --data-dir ${other}`)
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
