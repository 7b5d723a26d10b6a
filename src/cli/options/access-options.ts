import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { FleetAccessOptions } from '../../app/fleet/fleet-access.js'

/** The flags of kube-apiserver for authentication and audit, by the names that commander gives them. */
export interface AccessFlags {
  authenticationConfig?: string
  oidcIssuerUrl?: string
  oidcClientId?: string
  oidcUsernameClaim?: string
  oidcUsernamePrefix?: string
  oidcGroupsClaim?: string
  oidcGroupsPrefix?: string
  oidcRequiredClaim?: string[]
  oidcSigningAlgs?: string
  oidcCaFile?: string
  auditLogPath?: string
  auditPolicyFile?: string
}

const flags: readonly (readonly [flag: keyof AccessFlags, option: string, about: string])[] = [
  ['authenticationConfig', '--authentication-config <file>', 'AuthenticationConfiguration: issuers whose tokens are believed'],
  ['oidcIssuerUrl', '--oidc-issuer-url <url>', 'believe the tokens of this OpenID Connect issuer, on every cluster of the fleet'],
  ['oidcClientId', '--oidc-client-id <id>', 'audience that its tokens must have'],
  ['oidcUsernameClaim', '--oidc-username-claim <claim>', 'claim that names the user (default: sub)'],
  ['oidcUsernamePrefix', '--oidc-username-prefix <text>', 'stands before user names; - for none'],
  ['oidcGroupsClaim', '--oidc-groups-claim <claim>', 'claim that holds the groups'],
  ['oidcGroupsPrefix', '--oidc-groups-prefix <text>', 'stands before groups'],
  ['oidcRequiredClaim', '--oidc-required-claim <key=value>', 'claim that a token must have; may be repeated'],
  ['oidcSigningAlgs', '--oidc-signing-algs <list>', 'signatures that are believed (default: RS256)'],
  ['oidcCaFile', '--oidc-ca-file <file>', 'authority of the issuer, as PEM'],
  ['auditLogPath', '--audit-log-path <file>', 'write down who did what, a line of JSON for each request'],
  ['auditPolicyFile', '--audit-policy-file <file>', 'audit.k8s.io/v1 Policy (default: metadata of every request)'],
]

export function addAccessFlags(command: Command): Command {
  for (const [flag, option, about] of flags) {
    if (flag === 'oidcRequiredClaim') command.option(option, about, (value: string, before: string[] = []) => [...before, value])
    else command.option(option, about)
  }
  return command
}

/** The flags again, for a process that goes on in the background. */
export function accessArguments(given: AccessFlags): string[] {
  return flags.flatMap(([flag, option]) => {
    const values = given[flag] === undefined ? [] : [given[flag]].flat()
    const isFile = option.endsWith('<file>')
    return values.flatMap((value) => [option.split(' ')[0] as string, isFile ? resolve(value) : value])
  })
}

export function accessOptionsOf(given: AccessFlags): FleetAccessOptions {
  const oidc = {
    ...(given.oidcIssuerUrl === undefined ? {} : { issuerUrl: given.oidcIssuerUrl }),
    ...(given.oidcClientId === undefined ? {} : { clientId: given.oidcClientId }),
    ...(given.oidcUsernameClaim === undefined ? {} : { usernameClaim: given.oidcUsernameClaim }),
    ...(given.oidcUsernamePrefix === undefined ? {} : { usernamePrefix: given.oidcUsernamePrefix }),
    ...(given.oidcGroupsClaim === undefined ? {} : { groupsClaim: given.oidcGroupsClaim }),
    ...(given.oidcGroupsPrefix === undefined ? {} : { groupsPrefix: given.oidcGroupsPrefix }),
    ...(given.oidcRequiredClaim === undefined ? {} : { requiredClaim: given.oidcRequiredClaim }),
    ...(given.oidcSigningAlgs === undefined ? {} : { signingAlgs: given.oidcSigningAlgs.split(',') }),
    ...(given.oidcCaFile === undefined ? {} : { caFile: given.oidcCaFile }),
  }
  return {
    oidc,
    ...(given.authenticationConfig === undefined ? {} : { authenticationConfig: given.authenticationConfig }),
    ...(given.auditLogPath === undefined ? {} : { auditLog: given.auditLogPath }),
    ...(given.auditPolicyFile === undefined ? {} : { auditPolicy: given.auditPolicyFile }),
  }
}
