import { CodedError, messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection, ConnectionAuth } from './connection.js'

export interface ExecCredentialAnswer {
  readonly token?: string
  /** PEM. */
  readonly clientCertificateData?: string
  readonly clientKeyData?: string
  /** Epoch ms; undefined: good until it is refused. */
  readonly expiresAt?: number
}

type ExecAuth = Extract<ConnectionAuth, { kind: 'exec' }>

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']
const timeoutMs = 60_000

/**
 * Runs a credential plugin as client-go does: the request stands in KUBERNETES_EXEC_INFO, the answer is one ExecCredential of
 * the same apiVersion on stdout. The program runs without a shell and without a terminal.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runExecCredential(
  auth: ExecAuth,
  connection: Connection,
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<ExecCredentialAnswer> {
  if (!versions.includes(auth.apiVersion)) {
    throw unavailable(auth, `apiVersion "${auth.apiVersion}" is not known`, `Set apiVersion to ${versions.join(' or ')}.`)
  }
  const info = {
    kind: 'ExecCredential',
    apiVersion: auth.apiVersion,
    spec: { interactive: false, ...(auth.provideClusterInfo ? { cluster: clusterInfo(auth, connection) } : {}) },
  }
  const env = { ...ports.env, ...auth.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  let result: Awaited<ReturnType<ClientPorts['runProcess']>>
  try {
    result = await ports.runProcess({ command: auth.command, args: auth.args, env, timeoutMs, signal })
  } catch (error) {
    signal?.throwIfAborted()
    const missing = (error as { code?: unknown }).code === 'ENOENT'
    throw unavailable(
      auth,
      missing ? 'the executable was not found' : messageOf(error),
      auth.installHint ?? (missing ? 'Install it, or correct the command.' : undefined),
      error,
    )
  }
  if (result.exitCode !== 0) {
    throw unavailable(auth, `it exited with ${result.exitCode}: ${lastLines(result.stderr)}`, auth.installHint)
  }
  return parseExecCredential(auth, result.stdout)
}

function parseExecCredential(auth: ExecAuth, stdout: string): ExecCredentialAnswer {
  const bad = (what: string) => unavailable(auth, `its output is no usable ExecCredential: ${what}`)
  let answer: unknown
  try {
    answer = JSON.parse(stdout)
  } catch {
    // The output may hold a token: never quote it.
    throw bad(`expected JSON, found ${stdout.trim() === '' ? 'nothing' : `${stdout.length} characters of something else`}`)
  }
  if (!isObject(answer) || answer['kind'] !== 'ExecCredential') throw bad('expected kind ExecCredential')
  if (answer['apiVersion'] !== auth.apiVersion) {
    throw bad(`expected apiVersion ${auth.apiVersion}, found ${String(answer['apiVersion'])}`)
  }
  const status = answer['status']
  if (!isObject(status)) throw bad('it has no status')
  const text = (name: string) => (typeof status[name] === 'string' && status[name] !== '' ? status[name] : undefined)
  const token = text('token')
  const clientCertificateData = text('clientCertificateData')
  const clientKeyData = text('clientKeyData')
  if (token === undefined && clientCertificateData === undefined && clientKeyData === undefined) {
    throw bad('status has neither token nor clientCertificateData with clientKeyData')
  }
  if ((clientCertificateData === undefined) !== (clientKeyData === undefined)) {
    throw bad('clientCertificateData and clientKeyData must both be there or both be absent')
  }
  const expiry = text('expirationTimestamp')
  const expiresAt = expiry === undefined ? undefined : Date.parse(expiry)
  if (Number.isNaN(expiresAt)) throw bad(`expirationTimestamp "${expiry}" is not RFC 3339`)
  return { token, clientCertificateData, clientKeyData, expiresAt }
}

function clusterInfo(auth: ExecAuth, connection: Connection): Record<string, unknown> {
  const { tls, server, proxyUrl, disableCompression } = connection
  return {
    server,
    ...(tls.serverName ? { 'tls-server-name': tls.serverName } : {}),
    ...(tls.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(tls.caPem ? { 'certificate-authority-data': Buffer.from(tls.caPem).toString('base64') } : {}),
    ...(proxyUrl ? { 'proxy-url': proxyUrl } : {}),
    ...(disableCompression ? { 'disable-compression': true } : {}),
    config: auth.config ?? null,
  }
}

function unavailable(auth: ExecAuth, what: string, fix?: string, cause?: unknown): CodedError {
  return new CodedError({
    code: 'credentials-unavailable',
    message: `credential plugin ${auth.command}: ${what}`,
    fix,
    cause,
  })
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-3).join(' | ')
  return lines === '' ? 'it said nothing on stderr' : lines.slice(-400)
}
