import { readFileSync } from 'node:fs'
import { type FleetAccessOptions, openAudit } from '../../app/fleet/fleet-access.js'
import { type ServeFleetApiOptions, serveFleetApi } from '../../app/fleet-view/serve-fleet-api.js'
import { readPlace } from '../../app/services/xds-options.js'
import { UsageError } from '../../base/errors.js'
import type { FleetApiFlags } from './fleet-api-flags.js'

type Prepared = Pick<ServeFleetApiOptions, 'address' | 'certificate' | 'clientCaPem' | 'kubeconfig'>

/** Reads the flags and the files that they name; undefined where none asks for the API. */
export function readFleetApiFlags(flags: FleetApiFlags): Prepared | undefined {
  const { fleetApi, fleetApiCert, fleetApiKey, fleetApiClientCa, fleetApiKubeconfig } = flags
  if (fleetApi === undefined) {
    const alone = [fleetApiCert, fleetApiKey, fleetApiClientCa, fleetApiKubeconfig, flags.auditLogPath, flags.auditPolicyFile]
    if (alone.every((each) => each === undefined)) return undefined
    throw new UsageError({
      code: 'fleet-api-flags',
      message: '--fleet-api-* and --audit-* say how the API of the fleet is served, and --fleet-api is not given',
      fix: 'Give --fleet-api PORT, too.',
    })
  }
  if ((fleetApiCert === undefined) !== (fleetApiKey === undefined)) {
    throw new UsageError({
      code: 'fleet-api-flags',
      message: 'a certificate and its key belong together',
      fix: 'Give both --fleet-api-cert and --fleet-api-key, or neither.',
    })
  }
  return {
    address: readPlace('--fleet-api', fleetApi),
    ...(fleetApiCert === undefined || fleetApiKey === undefined
      ? {}
      : { certificate: { certPem: read(fleetApiCert), keyPem: read(fleetApiKey) } }),
    ...(fleetApiClientCa === undefined ? {} : { clientCaPem: read(fleetApiClientCa) }),
    ...(fleetApiKubeconfig === undefined ? {} : { kubeconfig: fleetApiKubeconfig }),
  }
}

/** Serves what the flags ask for. Returns where, and how to end it. */
export async function runFleetApi(
  prepared: Prepared | undefined,
  flags: FleetApiFlags,
  options: Omit<ServeFleetApiOptions, keyof Prepared | 'audit'>,
): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  if (prepared === undefined) return undefined
  const access: Pick<FleetAccessOptions, 'auditLog' | 'auditPolicy'> = {
    ...(flags.auditLogPath === undefined ? {} : { auditLog: flags.auditLogPath }),
    ...(flags.auditPolicyFile === undefined ? {} : { auditPolicy: flags.auditPolicyFile }),
  }
  const { audit, close } = openAudit(access, options.ports)
  const served = await serveFleetApi({ ...prepared, ...options, ...(audit === undefined ? {} : { audit }) })
  return {
    url: served.url,
    async close() {
      await served.close()
      close()
    },
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `cannot read ${path}: ${(error as Error).message}`,
      fix: 'Name a PEM file that exists.',
    })
  }
}
