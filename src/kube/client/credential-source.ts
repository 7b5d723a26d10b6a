import type { Clock } from '../../base/clock.js'
import { CodedError, messageOf } from '../../base/errors.js'
import { createAwsToken } from './aws/aws-token.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { runExecCredential } from './exec-credential.js'

/** What goes with a request to prove who we are. Never logged. */
export interface Credential {
  /** The Authorization header. */
  readonly authorization?: string
  /** A client certificate that takes the place of the connection's. */
  readonly certPem?: string
  readonly keyPem?: string
}

export interface CredentialSource {
  /** The present credential; a new one when the last has (nearly) expired. One fetch serves all who wait. */
  get(signal?: AbortSignal): Promise<Credential>
  /** The server refused the credential (401). True when asking again may give another one. */
  renew(): boolean
}

/** How the credentials of a connection come about. */
export function createCredentialSource(connection: Connection, ports: ClientPorts): CredentialSource {
  const { auth } = connection
  switch (auth.kind) {
    case 'none':
      return constant({})
    case 'bearer':
      return constant({ authorization: `Bearer ${auth.token}` })
    case 'basic':
      return constant({ authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` })
    case 'token-file':
      return cached(ports.clock, async () => {
        const token = await ports.readFile(auth.path).catch((error: unknown) => {
          throw new CodedError({
            code: 'credentials-unavailable',
            message: `token file ${auth.path} cannot be read: ${messageOf(error)}`,
            fix: 'Check that the file is there and may be read.',
            cause: error,
          })
        })
        return { authorization: `Bearer ${token.trim()}`, expiresAt: ports.clock.now() + 60_000 }
      })
    case 'aws':
      return cached(ports.clock, async (signal) => {
        const { token, expiresAt } = await createAwsToken(auth, { ...ports, env: { ...ports.env, ...auth.env } }, signal)
        // A minute early: the token travels, and clocks differ.
        return { authorization: `Bearer ${token}`, expiresAt: expiresAt - 60_000 }
      })
    case 'exec':
      return cached(ports.clock, async (signal) => {
        const answer = await runExecCredential(auth, connection, ports, signal)
        return {
          ...(answer.token === undefined ? {} : { authorization: `Bearer ${answer.token}` }),
          certPem: answer.clientCertificateData,
          keyPem: answer.clientKeyData,
          expiresAt: answer.expiresAt,
        }
      })
  }
}

function constant(credential: Credential): CredentialSource {
  return { get: async () => credential, renew: () => false }
}

type Expiring = Credential & { readonly expiresAt?: number }

function cached(clock: Clock, fetch: (signal?: AbortSignal) => Promise<Expiring>): CredentialSource {
  let current: Expiring | undefined
  let pending: Promise<Expiring> | undefined
  let fetchedAt = 0
  return {
    async get() {
      if (current !== undefined && (current.expiresAt === undefined || clock.now() < current.expiresAt)) return current
      // Without the caller's signal: others wait for the same answer.
      pending ??= fetch().finally(() => {
        pending = undefined
      })
      current = await pending
      fetchedAt = clock.now()
      return current
    },
    renew() {
      if (current === undefined) return pending !== undefined
      // A credential that is refused right after it was made will not get better by asking again at once.
      const worthwhile = clock.now() - fetchedAt >= 1000
      if (worthwhile) current = undefined
      return worthwhile
    },
  }
}
