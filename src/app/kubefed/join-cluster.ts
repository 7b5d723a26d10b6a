import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { kubeFedClusterType } from '../../dialects/kubefed/resource-types.js'
import type { Connection } from '../../kube/client/connection.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { namespaceType, secretType } from '../system/core-types.js'

export interface JoinOptions {
  readonly host: KubeClient
  readonly member: KubeClient
  /** How the joining cluster is reached from here: becomes the KubeFedCluster's. */
  readonly connection: Connection
  readonly name: string
  readonly hostName: string
  readonly namespace: string
  readonly secretName?: string
  readonly limitedScope: boolean
  readonly errorOnExisting: boolean
  readonly dryRun: boolean
  /** Between two looks at a token that is not there yet. */
  readonly wait: (ms: number) => Promise<void>
}

const rbac = (plural: string): ResourceType =>
  builtInResources.find((type) => type.group === 'rbac.authorization.k8s.io' && type.plural === plural) as ResourceType
const serviceAccountType = builtInResources.find(
  ({ group, plural }) => group === '' && plural === 'serviceaccounts',
) as ResourceType

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }
const attempts = 60

/** What joining makes in a cluster, the first first. */
export function memberObjects(options: Pick<JoinOptions, 'name' | 'hostName' | 'namespace' | 'limitedScope'>): {
  readonly account: string
  readonly objects: readonly { readonly type: ResourceType; readonly object: KubeObject }[]
} {
  const { namespace } = options
  const account = `${options.name}-${options.hostName}`
  const role = `kubefed-controller-manager:${account}`
  const health = `kubefed-controller-manager:${namespace}:healthcheck-${account}`
  const object = (
    type: ResourceType,
    name: string,
    fields: object,
    group = type.group,
  ): { type: ResourceType; object: KubeObject } => ({
    type,
    object: {
      apiVersion: group === '' ? 'v1' : `${group}/v1`,
      kind: type.kind,
      metadata: { name, ...(type.namespaced ? { namespace } : {}) },
      ...fields,
    } as KubeObject,
  })
  const binds = (kind: string, name: string) => ({
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  })
  const token = object(secretType, account, { type: 'kubernetes.io/service-account-token' })
  token.object.metadata.annotations = { 'kubernetes.io/service-account.name': account }
  return {
    account,
    objects: [
      object(namespaceType, namespace, {}),
      object(serviceAccountType, account, {}),
      token,
      ...(options.limitedScope
        ? [
            object(rbac('roles'), role, { rules: [everything] }),
            object(rbac('rolebindings'), role, binds('Role', role)),
            object(rbac('clusterroles'), health, {
              rules: [
                { verbs: ['get'], nonResourceURLs: ['/healthz'] },
                { verbs: ['list'], apiGroups: [''], resources: ['nodes'] },
              ],
            }),
            object(rbac('clusterrolebindings'), health, binds('ClusterRole', health)),
          ]
        : [
            object(rbac('clusterroles'), role, { rules: [everything, { verbs: ['get'], nonResourceURLs: ['*'] }] }),
            object(rbac('clusterrolebindings'), role, binds('ClusterRole', role)),
          ]),
    ],
  }
}

/**
 * Registers a cluster as `kubefedctl join` does: an account with all rights in the cluster, its token in a Secret beside a
 * KubeFedCluster on the host. The token comes from a Secret of its own, as API servers since 1.24 make none by themselves.
 */
export async function joinCluster(options: JoinOptions): Promise<readonly string[]> {
  const { host, member, name, namespace, dryRun, errorOnExisting } = options
  const said: string[] = []
  const suffix = dryRun ? ' (dry run)' : ''
  const { account, objects } = memberObjects(options)
  if (errorOnExisting) {
    await refuseExisting(member, serviceAccountType, namespace, account, name)
    await refuseExisting(host, kubeFedClusterType, namespace, name, 'the host cluster')
  }
  for (const { type, object } of objects) {
    said.push(`${name}: ${type.kind} ${object.metadata.name} created${suffix}`)
    if (!dryRun) await put(member, type, object)
  }
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: options.secretName ?? '', ...(options.secretName ? {} : { generateName: `${name}-` }) },
  }
  let secretName = options.secretName ?? `${name}-`
  let caBundle: string | undefined
  if (!dryRun) {
    const data = await untilToken(options, account)
    caBundle = data['ca.crt']
    const full: KubeObject = { ...secret, data: { token: data['token'] } }
    const written = options.secretName ? await put(host, secretType, full) : await host.create(secretType, full)
    secretName = written.metadata.name
  }
  said.push(`host: Secret ${secretName} created${suffix}`)
  if (!dryRun) await put(host, kubeFedClusterType, clusterObject(options, secretName, caBundle))
  said.push(`host: KubeFedCluster ${name} created${suffix}`)
  return said
}

function clusterObject(
  { connection, name, namespace }: JoinOptions,
  secretName: string,
  caBundle: string | undefined,
): KubeObject {
  const { server, tls, proxyUrl } = connection
  const ca = tls.caPem === undefined ? caBundle : Buffer.from(tls.caPem).toString('base64')
  return {
    apiVersion: 'core.kubefed.io/v1beta1',
    kind: 'KubeFedCluster',
    metadata: { name, namespace },
    spec: {
      apiEndpoint: server,
      ...(ca === undefined ? {} : { caBundle: ca }),
      secretRef: { name: secretName },
      ...(tls.insecure ? { disabledTLSValidations: ['*'] } : {}),
      ...(proxyUrl === undefined ? {} : { proxyURL: proxyUrl }),
    },
  }
}

async function refuseExisting(
  client: KubeClient,
  type: ResourceType,
  namespace: string,
  name: string,
  where: string,
): Promise<void> {
  if ((await find(client, type, namespace, name)) === undefined) return
  throw new CodedError({
    code: 'already-joined',
    message: `${type.kind} ${namespace}/${name} is in ${where} already`,
    fix: 'Run flotilla kubefed unjoin first, or join with --error-on-existing=false to bring what is there up to date.',
  })
}

async function untilToken({ member, namespace, wait, name }: JoinOptions, account: string): Promise<Record<string, string>> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const data = (await find(member, secretType, namespace, account))?.['data']
    if (isObject(data) && typeof data['token'] === 'string' && data['token'] !== '') return data as Record<string, string>
    await wait(500)
  }
  throw new CodedError({
    code: 'no-account-token',
    message: `${name} made no token for Secret ${namespace}/${account} within 30 s`,
    fix: 'See whether the controller manager of the cluster runs with the token controller, then join again with --error-on-existing=false.',
  })
}

/** Makes it, or brings what is there to it. A binding's role cannot be changed: server-side apply refuses it with words. */
async function put(client: KubeClient, type: ResourceType, object: KubeObject): Promise<KubeObject> {
  const { name, namespace } = object.metadata
  return await client.patch(
    { type, name, ...(namespace === undefined ? {} : { namespace }) },
    { kind: 'apply', object },
    { fieldManager: 'flotilla-kubefed', force: true },
  )
}

async function find(client: KubeClient, type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
  try {
    return await client.get({ type, name, ...(type.namespaced ? { namespace } : {}) })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return undefined
  }
}
