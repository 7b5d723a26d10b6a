import { UsageError } from '../../base/errors.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** What the agent may do in its own cluster; the hub can have nothing done there that is not among it. */
export interface AgentRights {
  /** `cluster-admin`, `admin`, `edit`, `view` or any ClusterRole there; `none`: only its own state. */
  readonly role: string
  /** Namespaces where it has the role; none: everywhere. */
  readonly namespaces: readonly string[]
  /** Whether it may act as the users who ask through the hub; without, all of them are the agent. */
  readonly impersonation: boolean
}

export interface AgentManifestOptions {
  readonly name: string
  readonly namespace: string
  readonly image: string
  readonly hubUrl: string
  readonly caHash?: string
  readonly caPem?: string
  readonly token: string
  readonly proxyUrl?: string
  readonly access: 'full' | 'read' | 'none'
  readonly rights: AgentRights
}

const account = 'flotilla-agent'
const rbac = 'rbac.authorization.k8s.io/v1'
const labels = { 'app.kubernetes.io/name': 'flotilla-agent' }

/** What an agent is in its own cluster: namespace, account, rights. */
export function agentAccount(namespace: string, rights: AgentRights): KubeObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }]
  const bind = (kind: 'ClusterRoleBinding' | 'RoleBinding', name: string, role: string, where?: string): KubeObject => ({
    apiVersion: rbac,
    kind,
    metadata: { name, labels, ...(where === undefined ? {} : { namespace: where }) },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: where === namespace && role === account ? 'Role' : 'ClusterRole',
      name: role,
    },
    subjects,
  })
  const { role, namespaces, impersonation } = rights
  if (role !== 'none' && !/^[a-zA-Z0-9:._-]+$/.test(role)) {
    throw new UsageError({
      code: 'bad-rights',
      message: `"${role}" is no name of a ClusterRole`,
      fix: 'Use --rights edit, for example.',
    })
  }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels } },
    // Its key, its certificate and what it keeps are Secrets of its own namespace.
    {
      apiVersion: rbac,
      kind: 'Role',
      metadata: { name: account, namespace, labels },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] }],
    },
    bind('RoleBinding', account, account, namespace),
    ...(role === 'none'
      ? []
      : namespaces.length === 0
        ? [bind('ClusterRoleBinding', account, role)]
        : namespaces.map((each) => bind('RoleBinding', 'flotilla-agent-rights', role, each))),
    ...(impersonation
      ? [
          {
            apiVersion: rbac,
            kind: 'ClusterRole',
            metadata: { name: 'flotilla-agent-impersonation', labels },
            rules: [
              { apiGroups: [''], resources: ['users', 'groups', 'serviceaccounts'], verbs: ['impersonate'] },
              { apiGroups: ['authentication.k8s.io'], resources: ['uids', 'userextras/*'], verbs: ['impersonate'] },
            ],
          },
          bind('ClusterRoleBinding', 'flotilla-agent-impersonation', 'flotilla-agent-impersonation'),
        ]
      : []),
  ]
}

/** Everything to install an agent in a cluster: for `kubectl apply -f -` there. It holds the token. */
export function agentManifest(options: AgentManifestOptions): KubeObject[] {
  const { name, namespace, image, hubUrl, caHash, caPem, token, proxyUrl, access, rights } = options
  const args = [
    'agent',
    'run',
    `--hub=${hubUrl}`,
    `--name=${name}`,
    `--access=${access}`,
    `--state-secret=${namespace}/flotilla-agent`,
    ...(rights.impersonation ? ['--allow-impersonation'] : []),
    ...(caHash === undefined ? [] : [`--ca-hash=${caHash}`]),
    ...(caHash === undefined && caPem !== undefined ? ['--ca-file=/etc/flotilla/ca.crt'] : []),
    ...(proxyUrl === undefined ? [] : [`--proxy=${proxyUrl}`]),
  ]
  const withCa = caHash === undefined && caPem !== undefined
  return [
    ...agentAccount(namespace, rights),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'flotilla-agent-join', namespace, labels },
      type: 'Opaque',
      stringData: { token, ...(withCa ? { 'ca.crt': caPem } : {}) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: account, namespace, labels },
      spec: {
        // Two with one key would replace each other at the hub.
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: account,
            securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: 'agent',
                image,
                args,
                env: [
                  {
                    name: 'FLOTILLA_AGENT_TOKEN',
                    valueFrom: { secretKeyRef: { name: 'flotilla-agent-join', key: 'token', optional: true } },
                  },
                ],
                resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                ...(withCa ? { volumeMounts: [{ name: 'ca', mountPath: '/etc/flotilla', readOnly: true }] } : {}),
              },
            ],
            ...(withCa
              ? {
                  volumes: [
                    { name: 'ca', secret: { secretName: 'flotilla-agent-join', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
                  ],
                }
              : {}),
          },
        },
      },
    },
  ]
}
