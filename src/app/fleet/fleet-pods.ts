import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogicalClusters, ServerPorts } from '../../apiserver/contract.js'
import { boundPortsAnnotation } from '../../apiserver/members/network/bound-port.js'
import type { ProcessPods } from '../../apiserver/pods/contract.js'
import { createImageTable } from '../../apiserver/pods/image-table.js'
import { type PodsConfig, parsePodsConfig } from '../../apiserver/pods/pods-config.js'
import { createLauncher } from '../../apiserver/pods/process/launch-containers.js'
import { createProcessPods } from '../../apiserver/pods/process-pods.js'
import { BugError, messageOf, UsageError } from '../../base/errors.js'
import type { DataDirectory } from './data-directory.js'
import type { FleetNetwork } from './fleet-network.js'

/** `auto`: pods of images that the fleet has programs for are processes; `simulated`: none are. */
export type PodsMode = 'auto' | 'simulated'

export interface FleetPodsOptions {
  readonly mode: PodsMode
  readonly config: PodsConfig
  readonly directory: DataDirectory
  readonly clusters: LogicalClusters
  readonly network: FleetNetwork
  readonly ports: ServerPorts
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The pods of a fleet that are processes. In mode `simulated` it starts none, and answers for the logs of simulated pods. */
export function createFleetPods(options: FleetPodsOptions): ProcessPods {
  const { directory, config, network, ports } = options
  return createProcessPods({
    ...ports,
    clusters: options.clusters,
    images: createImageTable(config.images),
    networkOf: (cluster) => (options.mode === 'auto' ? network.networkOf(cluster) : undefined),
    launcher: createLauncher({ execPath: process.execPath, serverFile: podServerFile(), path: options.env['PATH'] ?? '' }),
    directory: directory.file('pods'),
    claimDirectory: (cluster, claim) => directory.file(join('volumes', cluster, claim.metadata.uid ?? '')),
    ...(config.mostProcesses === undefined ? {} : { mostProcesses: config.mostProcesses }),
    boundPort: (port) => network.boundPort(port),
    boundPortsAnnotation,
    nameServerOf: (cluster) => network.nameServerOf(cluster),
  })
}

/** Reads the file of `--pods-config`; without one, what is built in stands alone. */
export function readPodsConfig(path: string | undefined): PodsConfig {
  if (path === undefined) return { images: [] }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'bad-pods-config',
      message: `the pods configuration ${path} cannot be read: ${messageOf(error)}`,
      fix: 'Name a file that is there with --pods-config.',
    })
  }
  return parsePodsConfig(text, path)
}

/** The bundled program stands above this module, wherever that was bundled to. */
function podServerFile(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'pod-server.js')
    if (existsSync(file) && folder.endsWith('dist')) return file
  }
  throw new BugError({ code: 'pod-server-missing', message: 'dist/pod-server.js is not there', fix: 'Run node tools/build.mjs.' })
}
