import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { Connection, ConnectionAuth } from './connection.js'
import { allMembersExtension } from './kubeconfig.js'

export interface KubeconfigTarget {
  /** Names the context, the cluster and the user alike. */
  readonly name: string
  readonly connection: Connection
  readonly namespace?: string
  /** The API over all members of a fleet. */
  readonly allMembers?: boolean
}

/**
 * A kubeconfig with one context for each target, as YAML. It holds secrets: write it for its owner alone (mode 0600).
 * `current` names the current context (default: the first).
 */
export function createKubeconfig(targets: readonly KubeconfigTarget[], current: string = targets[0]?.name ?? ''): string {
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    'current-context': current,
    contexts: targets.map(({ name, namespace, allMembers }) => {
      const extensions = allMembers ? [{ name: allMembersExtension, extension: {} }] : undefined
      return { name, context: { cluster: name, user: name, namespace, extensions } }
    }),
    clusters: targets.map(({ name, connection }) => ({ name, cluster: clusterOf(connection) })),
    users: targets.map(({ name, connection }) => ({ name, user: userOf(connection) })),
  }
  return formatYaml(document, { keys: 'given', width: Number.POSITIVE_INFINITY })
}

function clusterOf({ server, tls, proxyUrl, disableCompression }: Connection): Record<string, unknown> {
  return {
    server,
    'certificate-authority-data': base64(tls.caPem),
    'insecure-skip-tls-verify': tls.insecure ? true : undefined,
    'tls-server-name': tls.serverName,
    'proxy-url': proxyUrl,
    'disable-compression': disableCompression ? true : undefined,
  }
}

function userOf({ tls, auth }: Connection): Record<string, unknown> {
  return {
    'client-certificate-data': base64(tls.certPem),
    'client-key-data': base64(tls.keyPem),
    ...authFields(auth),
  }
}

function authFields(auth: ConnectionAuth): Record<string, unknown> {
  switch (auth.kind) {
    case 'none':
      return {}
    case 'bearer':
      return { token: auth.token }
    case 'token-file':
      return { tokenFile: auth.path }
    case 'basic':
      return { username: auth.username, password: auth.password }
    case 'aws': {
      // kubectl has no AWS of its own; the AWS command line's plugin makes the same token.
      const env = auth.profile === undefined ? undefined : [{ name: 'AWS_PROFILE', value: auth.profile }]
      const role = auth.roleArn === undefined ? [] : ['--role-arn', auth.roleArn]
      return exec(
        'client.authentication.k8s.io/v1beta1',
        'aws',
        ['eks', 'get-token', '--cluster-name', auth.clusterName, ...role],
        env,
      )
    }
    case 'exec': {
      const env = Object.entries(auth.env).map(([name, value]) => ({ name, value }))
      const { installHint, provideClusterInfo } = auth
      const { exec: fields } = exec(auth.apiVersion, auth.command, auth.args, env.length === 0 ? undefined : env)
      return { exec: { ...fields, installHint, provideClusterInfo } }
    }
  }
}

function exec(
  apiVersion: string,
  command: string,
  args: readonly string[],
  env: readonly { name: string; value: string }[] | undefined,
) {
  return { exec: { apiVersion, command, args: args.length === 0 ? undefined : args, env, interactiveMode: 'Never' } }
}

function base64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString('base64')
}
