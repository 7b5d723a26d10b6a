import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RestoreOutcome } from '../../apiserver/storage/backup.js'
import { CodedError } from '../../base/errors.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { loadKubeconfig, resolveContext } from '../../kube/client/kubeconfig.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { defaultDataDirectory, openDataDirectory, readRunningFleet } from './data-directory.js'

const backupPath = '/flotilla/v1/backup'

/** Clients of all clusters of a running embedded fleet, by name: the contexts of its kubeconfig. */
export async function connectEmbeddedClusters(
  dataDir: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Map<string, KubeClient>> {
  const directory = resolve(dataDir ?? defaultDataDirectory(env))
  const path = join(directory, 'kubeconfig')
  if (!existsSync(path) || readRunningFleet(openDataDirectory(directory)) === undefined) {
    throw new CodedError({
      code: 'no-fleet',
      message: `no embedded fleet is running on ${directory}`,
      fix: 'Start it with `flotilla up`. A fleet that is stopped is backed up by copying its whole data directory.',
    })
  }
  const ports = createSystemClientPorts(env)
  const kubeconfig = await loadKubeconfig(ports, { path })
  const clients = new Map<string, KubeClient>()
  for (const [name, { allMembers }] of kubeconfig.contexts) {
    if (allMembers) continue
    const { connection } = await resolveContext(kubeconfig, ports, name)
    clients.set(name, createHttpClient({ name, connection, ports }))
  }
  return clients
}

/** The backup file of a cluster as text. */
export function readBackup(client: KubeClient): Promise<string> {
  return client.raw('GET', backupPath)
}

export async function writeBackup(
  client: KubeClient,
  text: string,
  options: { dryRun: boolean; from: string | undefined },
): Promise<RestoreOutcome> {
  const query = new URLSearchParams()
  if (options.dryRun) query.set('dryRun', 'All')
  if (options.from !== undefined) query.set('from', options.from)
  const path = query.size === 0 ? backupPath : `${backupPath}?${query}`
  const body = await client.raw('PUT', path, { body: text, contentType: 'application/vnd.flotilla.backup' })
  return JSON.parse(body) as RestoreOutcome
}
