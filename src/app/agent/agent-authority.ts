import { createHash, X509Certificate } from 'node:crypto'
import { createFleetCa, type FleetCa, type KeyedCertificate } from '../../apiserver/auth/fleet-ca.js'
import type { CertifyAgent } from '../../areas/agent/join/join-desk.js'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import { secretType } from '../system/core-types.js'

export const authoritySecret = 'flotilla-agent-ca'
const backdateMs = 5 * 60_000

/** Who certifies agents, and the front that they connect to: an authority of its own, known to no API server. */
export interface AgentAuthority {
  readonly caPem: string
  /** As `--ca-hash` takes it: `sha256:` and the digest of the authority's public key. */
  readonly caHash: string
  readonly certify: CertifyAgent
  issueServer(names: readonly string[]): Promise<KeyedCertificate>
}

/** Opens the authority in the hub's Secret `flotilla-agent-ca`; makes it where there is none. */
export async function openAgentAuthority(options: {
  hub: KubeClient
  namespace: string
  clock: Clock
  /** How long certificates of agents hold. */
  lifetimeMs: number
}): Promise<AgentAuthority> {
  const { hub, namespace, clock, lifetimeMs } = options
  const target = { type: secretType, namespace, name: authoritySecret }
  const find = () =>
    hub.get(target).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  let secret = await find()
  let ca: FleetCa | undefined
  if (secret === undefined) {
    const made = await createFleetCa({ clock, name: 'flotilla-agents' })
    try {
      await hub.create(secretType, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: authoritySecret, namespace },
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': made.certPem, 'tls.key': made.keyPem },
      })
      ca = made
    } catch (error) {
      // Another replica was faster: its authority is everybody's.
      if (!isAlreadyExists(error)) throw error
      secret = await find()
    }
  }
  ca ??= await createFleetCa({ clock, existing: pairOf(secret, `${namespace}/${authoritySecret}`) })
  const authority = ca
  return {
    caPem: authority.certPem,
    caHash: hashOf(authority.certPem),
    certify: (cluster, publicKey) => {
      const now = clock.now()
      return authority.certify({
        subject: { commonName: commonNameOf(cluster), organizations: ['flotilla:agents'] },
        publicKey,
        notBefore: now - backdateMs,
        notAfter: now + lifetimeMs,
        use: 'client',
        dnsNames: [],
        ipAddresses: [],
      })
    },
    issueServer: (names) => authority.issueServer({ names }),
  }
}

export function commonNameOf(cluster: string): string {
  return `flotilla:agent:${cluster}`
}

export function hashOf(caPem: string): string {
  const key = new X509Certificate(caPem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function pairOf(secret: KubeObject | undefined, where: string): KeyedCertificate {
  const data = isObject(secret?.['data']) ? secret['data'] : {}
  const read = (name: string) => Buffer.from(typeof data[name] === 'string' ? data[name] : '', 'base64').toString('utf8')
  const pair = { certPem: read('tls.crt'), keyPem: read('tls.key') }
  if (pair.certPem !== '' && pair.keyPem !== '') return pair
  throw new CodedError({
    code: 'agent-authority-broken',
    message: `the Secret ${where} has no tls.crt and tls.key`,
    fix: 'Restore it from a backup, or delete it: then a new one is made, and every agent has to join again.',
  })
}
