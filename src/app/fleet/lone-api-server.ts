import { existsSync, readFileSync } from 'node:fs'
import { CodedError, messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import { createKubeconfig } from '../../kube/client/create-kubeconfig.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import type { DataDirectory } from './data-directory.js'
import { openEmbeddedApi } from './embedded-api.js'
import { type FleetAccessOptions, openFleetAccess } from './fleet-access.js'
import { type FleetPki, openFleetPki } from './fleet-pki.js'
import { type PrivateFile, savePrivateFiles } from './save-private-files.js'

export interface LoneApiServerOptions {
  readonly directory: DataDirectory
  /** Undefined: that of before, at first any that is free. */
  readonly port: number | undefined
  /** Whether an acknowledged write has reached the disk, not only the operating system. */
  readonly sync: boolean
  readonly access: FleetAccessOptions
  readonly log: Log
}

/** What `flotilla apiserver -o json` prints. */
export interface LoneApiServerDescription {
  readonly dataDir: string
  readonly pid: number
  readonly kubeconfig: string
  readonly server: string
}

export interface LoneApiServer {
  readonly description: LoneApiServerDescription
  stop(): Promise<void>
}

/** Kept in apiserver.json: a restart is the same server at the same address. */
interface LoneApiServerConfig {
  readonly createdMs: number
  readonly port: number
}

const name = 'apiserver'
const host = '127.0.0.1'

/**
 * Starts one logical cluster and nothing beside it: what kube-apiserver and etcd are without controllers and nodes. The caller holds
 * the data directory's lock.
 */
export async function startLoneApiServer(options: LoneApiServerOptions): Promise<LoneApiServer> {
  const { directory, log } = options
  const ports = { clock: systemClock, random: systemRandom, log }
  if (existsSync(directory.file('fleet.json'))) {
    throw new CodedError({
      code: 'directory-of-a-fleet',
      message: `${directory.path} holds a fleet, whose clusters are served by \`flotilla up\``,
      fix: 'Choose another --data-dir.',
    })
  }
  const known = readConfig(directory)
  const pki = await openFleetPki(directory, ports)
  const access = openFleetAccess(options.access, directory, ports)
  const config = { createdMs: known?.createdMs ?? ports.clock.now(), port: options.port ?? known?.port ?? 0 }
  const api = openEmbeddedApi({ directory, pki, access, sync: options.sync, createdMs: config.createdMs, ports })
  const stop = async () => {
    await api.stop()
    access.close()
  }
  try {
    const { port } = await api.serve(name, { host, port: config.port })
    const server = `https://${host}:${port}`
    await savePrivateFiles([
      ...(known?.port === port ? [] : [configFile(directory, { ...config, port })]),
      ...kubeconfigFile(directory, server, pki),
    ])
    return {
      description: { dataDir: directory.path, pid: process.pid, kubeconfig: directory.file('kubeconfig'), server },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** To be written when it is not there or names other keys, which is seldom. */
function kubeconfigFile(directory: DataDirectory, server: string, pki: FleetPki): PrivateFile[] {
  const path = directory.file('kubeconfig')
  const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const holds = (text: string) => current.includes(Buffer.from(text).toString('base64'))
  if (current.includes(`${server}\n`) && holds(pki.admin.certPem) && holds(pki.caPem)) return []
  const tls = { insecure: false, caPem: pki.caPem, certPem: pki.admin.certPem, keyPem: pki.admin.keyPem }
  return [{ path, text: createKubeconfig([{ name, connection: { server, tls, auth: { kind: 'none' } } }], name) }]
}

function readConfig(directory: DataDirectory): LoneApiServerConfig | undefined {
  const path = directory.file('apiserver.json')
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LoneApiServerConfig
  } catch (error) {
    throw new CodedError({
      code: 'fleet-config-broken',
      message: `${path} cannot be read: ${messageOf(error)}`,
      fix: 'Restore it, or start over with another --data-dir.',
      cause: error,
    })
  }
}

function configFile(directory: DataDirectory, config: LoneApiServerConfig): PrivateFile {
  return { path: directory.file('apiserver.json'), text: `${JSON.stringify(config, undefined, 2)}\n` }
}
