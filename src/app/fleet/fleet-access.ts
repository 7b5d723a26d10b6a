import { existsSync, readFileSync } from 'node:fs'
import { createAuditFile } from '../../apiserver/audit/audit-file.js'
import { type AuditPolicy, defaultAuditPolicy, readAuditPolicy } from '../../apiserver/audit/audit-policy.js'
import type { AuditOptions } from '../../apiserver/audit/audit-trail.js'
import {
  type AuthenticationConfiguration,
  authenticationOfFlags,
  type OidcFlags,
  readAuthenticationConfiguration,
} from '../../apiserver/auth/oidc/authentication-configuration.js'
import { createClaimExpressions } from '../../apiserver/auth/oidc/claim-expressions.js'
import { createOidcAuthenticator } from '../../apiserver/auth/oidc/oidc-authenticator.js'
import type { Authenticator, ServerPorts } from '../../apiserver/contract.js'
import { messageOf, UsageError } from '../../base/errors.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import { createKubernetesCelEnvironment } from '../../kube/cel/kubernetes-environment.js'
import { fetchJson } from '../system/fetch-json.js'
import type { DataDirectory } from './data-directory.js'

/** Who may come besides the fleet's own administrator, and where is written what they do. Paths of files, as given. */
export interface FleetAccessOptions {
  readonly authenticationConfig?: string
  readonly oidc?: Omit<OidcFlags, 'caPem'> & { readonly caFile?: string }
  readonly auditLog?: string
  readonly auditPolicy?: string
}

export interface FleetAccess {
  readonly oidc: Authenticator | undefined
  /** Whether a request without credentials is anybody's (it then may do what RBAC gives to anonymous users). */
  readonly anonymous: (path: string) => boolean
  readonly audit: AuditOptions | undefined
  close(): void
}

/** The file of the data directory that stands in for --authentication-config. */
const ownConfiguration = 'authentication.yaml'

/** Reads what the options name. Throws UsageError with file, field and reason; nothing is opened then. */
export function openFleetAccess(options: FleetAccessOptions, directory: DataDirectory, ports: ServerPorts): FleetAccess {
  const configuration = readConfiguration(options, directory)
  const log = openAudit(options, ports)
  const oidc =
    configuration === undefined || configuration.jwt.length === 0
      ? undefined
      : createOidcAuthenticator({
          configuration,
          expressions: createClaimExpressions(createKubernetesCelEnvironment()),
          fetchJson,
          ...ports,
        })
  const anonymous = configuration?.anonymous
  return {
    oidc,
    anonymous: (path) => anonymous === undefined || (anonymous.enabled && (anonymous.paths?.includes(path) ?? true)),
    ...log,
  }
}

/** The audit log that the options name, if they do. */
export function openAudit(
  options: Pick<FleetAccessOptions, 'auditLog' | 'auditPolicy'>,
  { log, clock }: Pick<ServerPorts, 'log' | 'clock'>,
): Pick<FleetAccess, 'audit' | 'close'> {
  const policy = readPolicy(options)
  if (options.auditLog === undefined) return { audit: undefined, close: () => {} }
  const file = createAuditFile({ path: options.auditLog, log, now: () => clock.now() })
  return { audit: { policy, sink: file.sink }, close: () => file.close() }
}

function readConfiguration(options: FleetAccessOptions, directory: DataDirectory): AuthenticationConfiguration | undefined {
  const { caFile, ...flags } = options.oidc ?? {}
  const ofFlags = authenticationOfFlags({
    ...flags,
    ...(caFile === undefined ? {} : { caPem: readText(caFile, '--oidc-ca-file') }),
  })
  const own = directory.file(ownConfiguration)
  const path = options.authenticationConfig ?? (ofFlags === undefined && existsSync(own) ? own : undefined)
  if (path === undefined) return ofFlags
  if (ofFlags !== undefined) {
    throw new UsageError({
      code: 'oidc-flags',
      message: '--authentication-config and --oidc-* flags are both given',
      fix: 'Write what the flags say into the file, as kube-apiserver wants it too.',
    })
  }
  return readAuthenticationConfiguration(readYaml(path, '--authentication-config'), path)
}

function readPolicy({ auditLog, auditPolicy }: FleetAccessOptions): AuditPolicy {
  if (auditPolicy === undefined) return defaultAuditPolicy
  if (auditLog === undefined) {
    throw new UsageError({
      code: 'audit-policy-invalid',
      message: '--audit-policy-file says what to write, and there is no --audit-log-path to write it to',
      fix: 'Give both.',
    })
  }
  return readAuditPolicy(readYaml(auditPolicy, '--audit-policy-file'), auditPolicy)
}

function readYaml(path: string, option: string): unknown {
  const text = readText(path, option)
  try {
    return parseYaml(text)
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `${path} (${option}) is no YAML: ${messageOf(error)}`,
      fix: 'Correct the file.',
      cause: error,
    })
  }
}

function readText(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError({
      code: 'file-unreadable',
      message: `${path} (${option}) cannot be read: ${messageOf(error)}`,
      fix: 'Name a file that is there.',
      cause: error,
    })
  }
}
