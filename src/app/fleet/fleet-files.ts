import { readFileSync, writeFileSync } from 'node:fs'
import type { Connection } from '../../kube/client/connection.js'
import { createKubeconfig } from '../../kube/client/create-kubeconfig.js'
import { type Kubeconfig, type KubeconfigContext, parseKubeconfig } from '../../kube/client/kubeconfig.js'
import { gitUserName } from '../git-server/git-server.js'
import { type DataDirectory, writePrivateFile } from './data-directory.js'
import type { FleetDescription } from './fleet-config.js'
import type { FleetPki } from './fleet-pki.js'
import { savePrivateFiles } from './save-private-files.js'

/**
 * The kubeconfig: a context for the hub, for each member and for all of them, for the owner only. What they chose with `kubectl config`, the current
 * context and the namespaces of contexts, stays: clusters come and go while people work.
 */
export function writeKubeconfig(directory: DataDirectory, description: FleetDescription, pki: FleetPki): void {
  const connection = (server: string): Connection => ({
    server,
    tls: { insecure: false, caPem: pki.caPem, certPem: pki.admin.certPem, keyPem: pki.admin.keyPem },
    auth: { kind: 'none' },
  })
  const path = directory.file('kubeconfig')
  const chosen = readChoices(path)
  const targets = [description.hub, ...description.clusters, ...(description.fleet ? [description.fleet] : [])].map((each) => ({
    name: each.context,
    connection: connection(each.server),
    ...namespaceOf(chosen?.contexts.get(each.context)),
    allMembers: each === description.fleet,
  }))
  const isThere = targets.some((each) => each.name === chosen?.currentContext)
  writePrivateFile(path, createKubeconfig(targets, isThere ? chosen?.currentContext : description.hub.context))
}

/** The kubeconfig of before; undefined when there is none, or none that can be read: it is replaced anyway. */
function readChoices(path: string): Kubeconfig | undefined {
  try {
    return parseKubeconfig([{ path, text: readFileSync(path, 'utf8') }])
  } catch {
    return undefined
  }
}

function namespaceOf(context: KubeconfigContext | undefined): { namespace?: string } {
  return context === undefined || context.namespace === '' ? {} : { namespace: context.namespace }
}

/** What Git needs to trust the fleet's Git server and to log in, for the owner only. */
export async function writeGitFiles(
  directory: DataDirectory,
  server: { host: string; port: number },
  pki: FleetPki,
): Promise<void> {
  writeFileSync(directory.file('ca.crt'), pki.caPem)
  const origin = `https://${server.host}:${server.port}`
  const config = [
    `[http "${origin}"]`,
    `\tsslCAInfo = "${directory.file('ca.crt')}"`,
    `[credential "${origin}"]`,
    '\thelper =',
    `\thelper = "store --file='${directory.file('git-credentials')}'"`,
    '',
  ]
  const credentials = `https://${gitUserName}:${pki.gitToken}@${server.host}:${server.port}\n`
  await savePrivateFiles([
    { path: directory.file('git-credentials'), text: credentials },
    { path: directory.file('gitconfig'), text: config.join('\n') },
  ])
}
