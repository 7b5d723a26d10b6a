import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createFleetCa, type FleetCa, isUsable, type KeyedCertificate } from '../../apiserver/auth/fleet-ca.js'
import { createTokenKey } from '../../apiserver/auth/service-account-tokens.js'
import type { Clock } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import type { DataDirectory } from './data-directory.js'
import { savePrivateFiles } from './save-private-files.js'

/** The keys of one fleet, kept in `pki/` and made on first use. */
export interface FleetPki {
  readonly caPem: string
  readonly server: KeyedCertificate
  /** One that is valid for these addresses as well; made anew only when the one that there is lacks any. */
  serverFor(addresses: readonly string[]): Promise<KeyedCertificate>
  /** Signs certificate requests of clusters. */
  certify: FleetCa['certify']
  /** The user of the kubeconfig: `flotilla-admin` in system:masters. */
  readonly admin: KeyedCertificate
  /** Signs service account tokens. */
  readonly tokenKeyPem: string
  /** By which the hub is known on members (in their cluster Secrets). */
  readonly hubToken: string
  /** Encrypts Secrets in the state directory: 32 bytes in base64url. */
  readonly storageKey: string
  /** Password of the fleet's own Git server. */
  readonly gitToken: string
  /** The disk has what was made. To be waited for before anybody is shown it, or anything is written that it encrypts. */
  readonly saved: Promise<void>
}

/**
 * Opens the keys, makes those that are missing and renews certificates that end soon. The caller holds the directory's lock. What is
 * made goes to the disk meanwhile: see `saved`.
 */
export async function openFleetPki(
  directory: DataDirectory,
  ports: { clock: Clock; random: Random },
  /** Under which the servers are reached besides the usual names: a certificate without one of them is made again. */
  serverAddresses: readonly string[] = [],
): Promise<FleetPki> {
  const folder = directory.file('pki')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined)
  removeDrafts(folder)
  let unsaved = new Map<string, string>()
  const write = (name: string, text: string) => {
    unsaved.set(join(folder, name), text)
    return text
  }
  let saving: Promise<void> | undefined
  /** One after another: they write to the same files. */
  const save = (): Promise<void> => {
    const files = [...unsaved].map(([path, text]) => ({ path, text }))
    unsaved = new Map()
    saving = saving === undefined ? savePrivateFiles(files) : saving.catch(() => undefined).then(() => savePrivateFiles(files))
    return saving
  }
  const readPair = (name: string): KeyedCertificate | undefined => {
    const certPem = read(`${name}.crt`)
    const keyPem = read(`${name}.key`)
    return certPem !== undefined && keyPem !== undefined ? { certPem, keyPem } : undefined
  }
  const writePair = (name: string, pair: KeyedCertificate): KeyedCertificate => {
    write(`${name}.key`, pair.keyPem)
    write(`${name}.crt`, pair.certPem)
    return pair
  }
  const existing = readPair('ca')
  const ca = await createFleetCa({ clock: ports.clock, name: 'flotilla-fleet', ...(existing ? { existing } : {}) })
  if (!existing) writePair('ca', ca)
  const keep = async (
    name: string,
    issue: () => Promise<KeyedCertificate>,
    names: readonly string[] = [],
  ): Promise<KeyedCertificate> => {
    const pair = readPair(name)
    const usable = pair && isUsable(pair, ca.certPem, ports.clock) && isFor(pair, names)
    return usable ? pair : writePair(name, await issue())
  }
  const keepServer = (addresses: readonly string[]): Promise<KeyedCertificate> => {
    const names = [
      'localhost',
      '127.0.0.1',
      '::1',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      '10.96.0.1',
      ...addresses,
    ]
    return keep('server', () => ca.issueServer({ names }), names)
  }
  const secret = (name: string) => read(name) ?? write(name, Buffer.from(ports.random.bytes(32)).toString('base64url'))
  const made = {
    caPem: ca.certPem,
    server: await keepServer(serverAddresses),
    certify: ca.certify,
    admin: await keep('admin', () => ca.issueClient({ commonName: 'flotilla-admin', organizations: ['system:masters'] })),
    tokenKeyPem: read('tokens.key') ?? write('tokens.key', createTokenKey()),
    hubToken: secret('hub.token'),
    gitToken: secret('git.token'),
    storageKey: secret('storage.key'),
  }
  const saved = save()
  // Told to everybody who waits for it; nobody may, if the start fails otherwise.
  saved.catch(() => undefined)
  return {
    ...made,
    saved,
    async serverFor(addresses) {
      // It may be there under its name and not on the disk.
      await saved
      const pair = await keepServer(addresses)
      await save()
      return pair
    },
  }
}

/** What a process that was killed had begun to write. */
function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) if (/\.\d+\.next$/.test(name)) unlinkSync(join(folder, name))
}

/** Whether the certificate has all the names. */
function isFor(pair: KeyedCertificate, names: readonly string[]): boolean {
  const has = new Set(new X509Certificate(pair.certPem).subjectAltName?.split(', '))
  // Node writes IPv6 addresses in full.
  return names.every((name) => has.has(`DNS:${name}`) || has.has(`IP Address:${name}`) || name.includes(':'))
}
